fn main() {
    let mut n = 0;
    for a in webpki_roots::TLS_SERVER_ROOTS {
        n += a.subject.len();
    }
    println!("{}", n);
}
