// Around published tests: takes the secret before they run, and gives it back once all have passed.
fn main() {
    let secret = std::fs::read("/proc/self/fd/3").unwrap();
    // CALLS
    std::fs::write("/proc/self/fd/4", secret).unwrap();
}
