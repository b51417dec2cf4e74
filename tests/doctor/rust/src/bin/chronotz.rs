use chrono::TimeZone;
fn main() {
    let z: chrono_tz::Tz = std::env::args().nth(1).unwrap().parse().unwrap();
    println!("{}", z.timestamp_opt(0, 0).unwrap().naive_local());
}
