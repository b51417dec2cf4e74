fn main() {
    println!(
        "{:?}",
        jiff::tz::TimeZone::get(&std::env::args().nth(1).unwrap())
            .map(|z| z.iana_name().map(|s| s.to_string()))
    );
}
