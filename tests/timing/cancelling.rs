//! How long an operation takes to end once it is cancelled, wherever it waits.

use support::program::program;

/// Three times the 200 ms that an operation has.
const LIMIT_MS: &str = "600";

/// Cancels operations that hang in a state, and prints the longest that one took (`cargo test -- --nocapture`).
fn cancel_in(state: &str) {
    print!("{}", program("operation_cancel").printed(&[state, "100", LIMIT_MS]));
}

#[test]
fn a_cancelled_operation_leaves_no_memory() {
    // Under valgrind the time says nothing.
    for state in ["queued", "look-up", "body"] {
        program("operation_cancel").check_memory(&[state, "4", "60000"]);
    }
}

#[test]
fn it_ends_while_queued_behind_another() {
    cancel_in("queued");
}

#[test]
fn it_ends_while_looking_up_the_name() {
    cancel_in("look-up");
}

#[test]
fn it_ends_while_connecting() {
    cancel_in("connect");
}

#[test]
fn it_ends_while_shaking_hands() {
    cancel_in("handshake");
}

#[test]
fn it_ends_while_sending() {
    cancel_in("send");
}

#[test]
fn it_ends_while_waiting_for_the_head() {
    cancel_in("head");
}

#[test]
fn it_ends_while_reading_the_body() {
    cancel_in("body");
}

#[test]
fn it_ends_while_waiting_to_ask_again() {
    cancel_in("retry");
}

#[test]
fn it_ends_while_waiting_for_the_pace() {
    cancel_in("pace");
}

#[test]
fn it_stays_ended_once_it_is_done() {
    cancel_in("done");
}
