//! How long an operation takes to end once it is cancelled, wherever it waits.

use support::program::program;

/// Three times the 200 ms that an operation has.
const LIMIT_MS: &str = "600";

/// Cancels operations that hang in a state, and prints the longest that one took (`cargo test -- --nocapture`).
fn cancel_in(state: &str) {
    print!("{}", program("operation_cancel").printed(&[state, "100", LIMIT_MS]));
}

#[test]
fn memory() {
    // Under valgrind the time says nothing.
    for state in ["queued", "look-up", "body"] {
        program("operation_cancel").check_memory(&[state, "4", "60000"]);
    }
}

#[test]
fn queued_behind_another() {
    cancel_in("queued");
}

#[test]
fn looking_up_the_name() {
    cancel_in("look-up");
}

#[test]
fn connecting() {
    cancel_in("connect");
}

#[test]
fn shaking_hands() {
    cancel_in("handshake");
}

#[test]
fn sending() {
    cancel_in("send");
}

#[test]
fn waiting_for_the_head() {
    cancel_in("head");
}

#[test]
fn reading_the_body() {
    cancel_in("body");
}

#[test]
fn waiting_to_ask_again() {
    cancel_in("retry");
}

#[test]
fn waiting_for_the_pace() {
    cancel_in("pace");
}

#[test]
fn done() {
    cancel_in("done");
}
