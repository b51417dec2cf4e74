fn main() {
    let r = openssl_probe::probe();
    println!("{:?} {:?}", r.cert_file, r.cert_dir);
}
