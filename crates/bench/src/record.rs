//! The statement list of an operation, as the service ran it, and the same list with fresh values.
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::{Statement, Value};
use uuid::Uuid;

/// Collects the statements that a service runs.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Statement>>>);

impl Recorder {
    pub fn tell(&self, statement: &Statement) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(statement.clone());
    }

    /// What was collected since the last time.
    pub fn take(&self) -> Vec<Statement> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the bare server does for one operation.
#[derive(Clone)]
pub struct Plan {
    pub statements: Vec<Statement>,
    /// Whether they run in one transaction.
    pub writes: bool,
    /// What it answers with.
    pub body: String,
    /// The values that differ from one run to the next.
    ids: Vec<Uuid>,
    numbers: Vec<i64>,
}

fn values(statement: &Statement) -> &[Value] {
    statement.values.as_ref().map_or(&[], |values| &values.0)
}

impl Plan {
    /// Made of two recordings: what differs between them is what has to be fresh. None where the statements differ.
    pub fn of(first: Vec<Statement>, second: &[Statement], writes: bool, body: String) -> Option<Self> {
        let same = first.len() == second.len() && first.iter().zip(second).all(|(a, b)| a.sql == b.sql);
        if !same || first.is_empty() {
            return None;
        }
        let (mut ids, mut numbers) = (vec![], vec![]);
        for (a, b) in first.iter().zip(second) {
            for (a, _) in values(a).iter().zip(values(b)).filter(|(a, b)| a != b) {
                match a {
                    Value::Uuid(Some(id)) if !ids.contains(id) => ids.push(*id),
                    Value::BigInt(Some(n)) if !numbers.contains(n) => numbers.push(*n),
                    _ => {}
                }
            }
        }
        Some(Self {
            statements: first,
            writes,
            body,
            ids,
            numbers,
        })
    }

    /// The statements with new ids and numbers in the place of those that were recorded, also inside texts.
    pub fn fresh(&self, new_id: impl FnMut() -> Uuid, new_number: impl FnMut() -> i64) -> Vec<Statement> {
        let ids: Vec<(Uuid, Uuid)> = self.ids.iter().copied().zip(std::iter::repeat_with(new_id)).collect();
        let numbers: Vec<(i64, i64)> = self
            .numbers
            .iter()
            .copied()
            .zip(std::iter::repeat_with(new_number))
            .collect();
        let mut statements = self.statements.clone();
        let all = statements
            .iter_mut()
            .filter_map(|s| s.values.as_mut())
            .flat_map(|v| &mut v.0);
        for value in all {
            match value {
                Value::Uuid(Some(id)) => *id = renewed(&ids, *id),
                Value::BigInt(Some(n)) => *n = renewed(&numbers, *n),
                Value::String(Some(text)) => {
                    for (old, new) in &ids {
                        replace(text, &old.to_string(), &new.to_string());
                    }
                    for (old, new) in &numbers {
                        replace(text, &format!("-{old:06}"), &format!("-{new:06}"));
                    }
                }
                _ => {}
            }
        }
        statements
    }
}

fn renewed<T: PartialEq + Copy>(pairs: &[(T, T)], value: T) -> T {
    pairs
        .iter()
        .find(|(old, _)| *old == value)
        .map_or(value, |(_, new)| *new)
}

fn replace(text: &mut String, old: &str, new: &str) {
    if text.contains(old) {
        *text = text.replace(old, new);
    }
}
