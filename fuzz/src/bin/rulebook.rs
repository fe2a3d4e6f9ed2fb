#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pricer_fuzz::targets::rulebook(bytes));
