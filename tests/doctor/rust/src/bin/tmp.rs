fn main() {
    println!("{:?}", tempfile::tempfile().is_ok());
}
