fn main() {
    println!("{}", chrono::Local::now().naive_local());
}
