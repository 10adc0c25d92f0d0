//! What every task promises, whatever it computes: each function runs it and says what was not kept.
//!
//! They take the task as a function from JSON inputs to JSON results, so that they hold a bare
//! [pipeline](crate::tasks::RunJson) and a whole skill to the same.

use std::fmt::Display;
use std::thread;

use serde_json::Value;

use super::differences;

/// How much numbers may differ between an input alone and in a batch, where sums are rounded in another order.
pub const TOLERANCE: f64 = 2e-4;

/// How many threads run at once.
const THREADS: usize = 4;

/// Running the same inputs again gives the very same results.
///
/// # Errors
/// Says what differs, or why the task failed.
pub fn repeats_itself<E: Display>(
    run: impl Fn(&[Value]) -> Result<Vec<Value>, E>,
    inputs: &[Value],
) -> Result<(), String> {
    let first = results(&run, inputs)?;
    let second = results(&run, inputs)?;
    same(&second, &first, 0.0, "the second time")
}

/// Threads that run at once get what one gets alone.
///
/// # Errors
/// As [`repeats_itself`].
pub fn serves_threads<E: Display>(
    run: impl Fn(&[Value]) -> Result<Vec<Value>, E> + Sync,
    inputs: &[Value],
) -> Result<(), String> {
    let alone = results(&run, inputs)?;
    let together: Vec<Result<Vec<Value>, String>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| results(&run, inputs))).collect();
        let panicked = |_| Err("a thread panicked".to_owned());
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect()
    });
    for (thread, found) in together.into_iter().enumerate() {
        same(&found?, &alone, 0.0, &format!("on thread {thread} of {THREADS}"))?;
    }
    Ok(())
}

/// A batch has the results of its inputs, in their order, and none for none.
///
/// # Errors
/// As [`repeats_itself`]; also if all inputs have one result, since then no order can be seen.
pub fn keeps_order<E: Display>(
    run: impl Fn(&[Value]) -> Result<Vec<Value>, E>,
    inputs: &[Value],
) -> Result<(), String> {
    let nothing = results(&run, &[])?;
    if !nothing.is_empty() {
        return Err(format!("expected no result for no input, found {}", nothing.len()));
    }
    let mut alone = vec![];
    for input in inputs {
        alone.extend(results(&run, std::slice::from_ref(input))?);
    }
    if alone.windows(2).all(|pair| pair[0] == pair[1]) {
        return Err(format!("expected results that depend on the input, found {} for all", show(&alone)));
    }
    same(&results(&run, inputs)?, &alone, TOLERANCE, "in a batch")?;
    let backwards: Vec<Value> = inputs.iter().rev().cloned().collect();
    alone.reverse();
    same(&results(&run, &backwards)?, &alone, TOLERANCE, "in a batch, backwards")
}

fn results<E: Display>(
    run: impl Fn(&[Value]) -> Result<Vec<Value>, E>,
    inputs: &[Value],
) -> Result<Vec<Value>, String> {
    let found = run(inputs).map_err(|error| error.to_string())?;
    if found.len() != inputs.len() {
        return Err(format!("expected {} results, found {}", inputs.len(), found.len()));
    }
    Ok(found)
}

fn same(found: &[Value], expected: &[Value], tolerance: f64, when: &str) -> Result<(), String> {
    let found = differences(&Value::from(found), &Value::from(expected), tolerance);
    if found.is_empty() { Ok(()) } else { Err(format!("{when}: {}", found.join("; "))) }
}

fn show(results: &[Value]) -> String {
    results.first().map_or_else(|| "nothing".to_owned(), Value::to_string)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;

    type Results = Result<Vec<Value>, String>;

    fn lengths(inputs: &[Value]) -> Results {
        Ok(inputs.iter().map(|input| json!({ "length": input.to_string().len() })).collect())
    }

    fn inputs() -> [Value; 3] {
        [json!("a"), json!("bb"), json!("ccc")]
    }

    #[test]
    fn a_good_task_passes() {
        repeats_itself(lengths, &inputs()).unwrap();
        serves_threads(lengths, &inputs()).unwrap();
        keeps_order(lengths, &inputs()).unwrap();
    }

    #[test]
    fn a_task_that_remembers_is_found() {
        let calls = AtomicUsize::new(0);
        let count = |inputs: &[Value]| -> Results {
            let call = calls.fetch_add(1, Ordering::Relaxed);
            Ok(inputs.iter().map(|_| json!(call)).collect())
        };
        assert_eq!(
            repeats_itself(count, &inputs()[..1]).unwrap_err(),
            "the second time: /0: expected 0, found 1"
        );
        let error = serves_threads(count, &inputs()[..1]).unwrap_err();
        assert!(error.starts_with("on thread 0 of 4: /0: expected 2, found "), "{error}");
    }

    #[test]
    fn a_batch_out_of_order_is_found() {
        let sorted = |inputs: &[Value]| {
            let mut results = lengths(inputs)?;
            results.sort_by_key(Value::to_string);
            Ok::<_, String>(results)
        };
        assert_eq!(
            keeps_order(sorted, &inputs()).unwrap_err(),
            "in a batch, backwards: /0/length: expected 5, found 3; /2/length: expected 3, found 5"
        );
    }

    #[test]
    fn a_task_that_ignores_its_input_or_loses_one_is_found() {
        let constant = |inputs: &[Value]| Ok::<_, String>(vec![json!(1); inputs.len()]);
        assert_eq!(
            keeps_order(constant, &inputs()).unwrap_err(),
            "expected results that depend on the input, found 1 for all"
        );
        let lost = |inputs: &[Value]| lengths(&inputs[..inputs.len().min(2)]);
        assert_eq!(keeps_order(lost, &inputs()).unwrap_err(), "expected 3 results, found 2");
        let broken = |_: &[Value]| -> Results { Err("out of memory".to_owned()) };
        assert_eq!(repeats_itself(broken, &inputs()).unwrap_err(), "out of memory");
    }

    #[test]
    fn a_panic_on_a_thread_is_reported() {
        let first = AtomicUsize::new(0);
        let panics = |inputs: &[Value]| {
            assert_eq!(first.fetch_add(1, Ordering::Relaxed), 0, "only one call is served");
            lengths(inputs)
        };
        assert_eq!(serves_threads(panics, &inputs()).unwrap_err(), "a thread panicked");
    }
}
