//! Operations and queues as C programs meet them. What it takes to end an operation that hangs is in `c_cancel.rs`.

use std::time::Duration;

use support::program::{Form, program};
use support::rows::{RowsFile, expected, messages};
use support::{options, simulator};

/// The arguments of a program that asks a slow simulator in batches of so many.
fn slow(latency: u64, count: usize, batch_size: usize) -> (smsp_simulator::Simulator, RowsFile, Vec<String>) {
    let simulator = simulator().latency(Duration::from_millis(latency)).start().unwrap();
    let rows = RowsFile::new(&expected(&simulator, &messages(count)));
    let mut arguments = rows.arguments(&simulator);
    arguments.push(format!("batch_size={batch_size}"));
    (simulator, rows, arguments)
}

#[test]
fn an_operation_does_what_it_promises() {
    let (_simulator, _rows, arguments) = slow(60, 1201, 100);
    program("operation").run_and_check_memory(&arguments);
}

#[test]
fn many_threads_can_share_an_operation() {
    let (_simulator, _rows, arguments) = slow(5, 300, 20);
    program("operation_threads").run(&arguments);
    program("operation_threads").check_memory(&arguments);
}

#[test]
fn an_operation_ends_without_a_network() {
    program("operation_states").run_and_check_memory(&[""; 0]);
}

#[test]
fn many_operations_share_the_connections() {
    for (connections, latency) in [(1, 4), (4, 12)] {
        let (_simulator, _rows, mut arguments) = slow(latency, 2000, 10);
        arguments.insert(1, connections.to_string());
        arguments.push(format!("max_connections={connections}"));
        program("operation_many").run(&arguments);
    }
}

#[test]
fn an_operation_ends_at_once_in_a_child() {
    let (_simulator, _rows, arguments) = slow(2, 100, 10);
    program("operation_fork").run_plain(&arguments);
    program("operation_fork").check_memory_of_children(&arguments);
}

#[test]
fn nothing_starts_where_no_thread_or_descriptor_is_to_be_had() {
    let (_simulator, _rows, arguments) = slow(0, 12, 5);
    program("operation_denied").run_and_check_memory(&arguments);
}

#[test]
fn a_queue_does_what_it_promises() {
    let (_simulator, _rows, arguments) = slow(5, 300, 20);
    program("queue").run_and_check_memory(&arguments);
}

#[test]
fn many_threads_can_share_a_queue() {
    let (_simulator, _rows, arguments) = slow(0, 300, 20);
    let seed = std::process::id().to_string();
    let arguments = |seconds: &str| [vec![seed.clone(), seconds.to_owned()], arguments.clone()].concat();
    program("queue_threads").run(&arguments("2"));
    program("queue_threads").check_memory(&arguments("1"));
}

#[test]
fn a_queue_belongs_to_the_process_that_made_it() {
    let (_simulator, _rows, arguments) = slow(2, 100, 10);
    program("queue_fork").run_plain(&arguments);
    program("queue_fork").check_memory_of_children(&arguments);
}

#[test]
fn a_queue_tells_what_it_has_no_memory_or_descriptor_for() {
    let simulator = simulator().start().unwrap();
    program("queue_denied").run_form(Form::Shared, &options(&simulator));
}
