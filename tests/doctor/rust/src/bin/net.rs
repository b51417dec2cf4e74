fn main() {
    println!(
        "{:?}",
        std::net::TcpStream::connect("example.org:80").is_ok()
    );
}
