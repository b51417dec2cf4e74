fn main() {
    println!("{}", std::fs::write(std::env::temp_dir().join("note"), "").is_ok());
}
