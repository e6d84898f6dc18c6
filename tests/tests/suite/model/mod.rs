//! Any sequence of operations, by anyone, keeps R1, R2, R3, R13 and R14. Before each operation a model of its own
//! (`town`, no code of the domain) says what must come of it; after it the invariants are judged from what the API
//! reads. `END_TO_END_SEQUENCES` says how many sequences; both databases share them.
mod house;
mod invariants;
mod steps;
mod town;

use end_to_end::{Service, databases, size};
use house::House;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_hold_after_any_sequence_of_operations() {
    let databases = databases().await;
    let each = size("END_TO_END_SEQUENCES", 20).div_ceil(databases.len());
    let mut running = vec![];
    for database in databases {
        let house = House::open(Service::start(database).await).await;
        running.push(tokio::task::spawn_blocking(move || {
            let judged = sequences(&house, each);
            (house, judged)
        }));
    }
    for task in running {
        let (house, judged) = task.await.expect("a run of sequences");
        if let Err(failure) = judged {
            panic!("on {:?}: {failure}", house.service.database);
        }
        println!(
            "{:?}: {}",
            house.service.database,
            house.told.lock().expect("the counts")
        );
        house.service.stop().await;
    }
}

/// Plays so many sequences; of one that fails, the shortest that still does is told.
fn sequences(house: &House, count: usize) -> Result<(), String> {
    let config = Config {
        cases: count as u32,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let many = prop::collection::vec(steps::step(), 10..25);
    let runtime = tokio::runtime::Handle::current();
    TestRunner::new(config)
        .run(&many, |steps| {
            runtime.block_on(house.play(steps));
            Ok(())
        })
        .map_err(|failure| failure.to_string())
}
