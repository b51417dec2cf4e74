fn main() {
    let r = rustls_native_certs::load_native_certs();
    println!("{} {}", r.certs.len(), r.errors.len());
}
