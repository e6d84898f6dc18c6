//! What must hold after every step, judged from what the API reads.
use chrono::NaiveDate;
use serde_json::Value;

use super::{
    house::Play,
    steps::{Act, By, FORUMS, ROLES, Step},
    town::holds,
};

fn date(thing: &Value, member: &str) -> Option<NaiveDate> {
    thing[member].as_str().map(|text| text.parse().expect("a date"))
}

/// Whether a membership or an assignment holds on the day.
fn stands(thing: &Value, day: NaiveDate) -> bool {
    holds(
        date(thing, "firstDay").expect("a first day"),
        date(thing, "lastDay"),
        day,
    )
}

impl Play<'_> {
    pub async fn judge(&mut self, step: &Step) {
        match step.act {
            Act::Join { .. }
            | Act::Leave { .. }
            | Act::Depart { .. }
            | Act::Except { .. }
            | Act::Move { .. }
            | Act::Assign { .. }
            | Act::Unassign { .. }
            | Act::Wait => self.judge_teams().await,
            Act::Raise { .. } => self.judge_request(self.town.matters.len() - 1).await,
            _ => {
                self.judge_request(step.matter % self.town.matters.len()).await;
                self.judge_feeds(step).await;
            }
        }
    }

    /// R1, R2 and R3 on every day from today on.
    async fn judge_teams(&self) {
        let auditor = self.caller(By::Auditor);
        let mut assignments = vec![];
        for customer in &self.town.customers {
            let path = format!("/customers/{}/team-assignments", customer.id);
            let read = auditor.get(&path).await.expect(200);
            assignments.push(read.body["teamAssignments"].as_array().expect("assignments").clone());
        }
        let days = || (0..30).map(|n| self.town.day(n));
        for (customer, own) in assignments.iter().enumerate() {
            for day in (-10..30).map(|n| self.town.day(n)) {
                let teams = own.iter().filter(|a| stands(a, day)).count();
                assert!(
                    teams <= 1,
                    "R3: customer {customer} has {teams} teams on {day}: {own:#?}"
                );
            }
        }
        for (n, team) in self.town.teams.iter().enumerate() {
            let read = auditor
                .get(&format!("/customer-teams/{}", team.id))
                .await
                .expect(200)
                .body;
            let members = read["members"].as_array().expect("members");
            for day in days() {
                let in_role = |role: &str| {
                    let there = members.iter().filter(|m| m["role"] == role && stands(m, day));
                    there
                        .map(|m| m["person"]["id"].as_str().expect("a person"))
                        .collect::<Vec<_>>()
                };
                let [managers, deliverers, owners] = ROLES.map(in_role);
                assert!(
                    managers.len() <= 1 && deliverers.len() <= 1,
                    "R1: team {n} on {day}: {members:#?}"
                );
                let excepted = date(&read["samePersonException"], "lastDay").is_some_and(|last| day <= last);
                let same = !managers.is_empty() && managers == deliverers;
                assert!(!same || excepted, "R2: team {n} on {day}: {members:#?}");
                let complete = !managers.is_empty() && !deliverers.is_empty() && !owners.is_empty();
                let serves = assignments
                    .iter()
                    .flatten()
                    .any(|a| a["team"]["id"] == team.id && stands(a, day));
                let excused = team.bereft.is_some_and(|from| day >= from);
                assert!(
                    complete || !serves || excused,
                    "R1: team {n} is incomplete on {day}: {members:#?}"
                );
                if day == self.town.today {
                    assert_eq!(read["state"], if complete { "complete" } else { "forming" });
                }
                for member in members.iter().filter(|m| stands(m, day)) {
                    let person = self.town.persons.iter().find(|p| member["person"]["id"] == p.id);
                    let last = person.and_then(|p| p.last);
                    assert!(
                        last.is_none_or(|last| day <= last),
                        "on {day} somebody who left has a role: {member}"
                    );
                }
            }
        }
        self.judge_responsible(&assignments).await;
    }

    /// R3: who is responsible is told by the nearest ancestor's assignment.
    async fn judge_responsible(&self, assignments: &[Vec<Value>]) {
        for (n, customer) in self.town.customers.iter().enumerate() {
            let day = self.town.day((self.town.told.len() as i64 + n as i64 * 2) % 7);
            let mut place = Some(n);
            let mut nearest = None;
            while let Some(here) = place {
                nearest = assignments[here].iter().find(|a| stands(a, day));
                place = if nearest.is_some() {
                    None
                } else {
                    self.town.customers[here].parent
                };
            }
            let path = format!("/customers/{}/responsible-team?day={day}", customer.id);
            let told = self.caller(By::Auditor).get(&path).await.expect(200).body;
            let expected = nearest.map_or(&Value::Null, |a| &a["team"]["id"]);
            assert_eq!(&told["team"]["id"], expected, "R3: customer {n} on {day}");
        }
    }

    /// R13 and R14, and that the request reads as it should.
    async fn judge_request(&self, index: usize) {
        let auditor = self.caller(By::Auditor);
        let matter = &self.town.matters[index];
        let read = auditor.get(&format!("/requests/{}", matter.id)).await.expect(200).body;
        assert_eq!(read["status"], matter.status);
        assert_eq!(read["title"], format!("Rubrik {}", matter.title));
        let mut endorsed: Vec<&str> = read["endorsements"]
            .as_array()
            .expect("endorsements")
            .iter()
            .map(|e| e["contact"]["id"].as_str().expect("a contact"))
            .collect();
        let mut expected: Vec<&str> = matter
            .endorsed_by
            .iter()
            .map(|k| self.town.contacts[*k].id.as_str())
            .collect();
        endorsed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(endorsed, expected, "R14: an endorsement is for the content as it reads");
        let latest = matter.hand_overs.last();
        assert_eq!(read["handOver"]["id"].as_str(), latest.map(|h| h.id.as_str()));
        let mut live = 0;
        for hand_over in &matter.hand_overs {
            let read = auditor
                .get(&format!("/hand-overs/{}", hand_over.id))
                .await
                .expect(200)
                .body;
            assert_eq!(read["state"], hand_over.state, "{read:#}");
            assert_eq!(read["destination"], FORUMS[hand_over.to]);
            let state = read["state"].as_str().unwrap_or_default();
            live += usize::from(["handed_over", "acknowledged", "accepted"].contains(&state));
        }
        assert!(live <= 1, "R13: {live} live hand-overs");
    }

    /// The feeds tell what is new, the former forum included, and nothing else.
    async fn judge_feeds(&mut self, step: &Step) {
        if self.read == self.town.told.len() {
            return;
        }
        let matter = step.matter % self.town.matters.len();
        let new = self.town.told[self.read..].to_vec();
        self.read = self.town.told.len();
        for (forum, name) in FORUMS.iter().enumerate() {
            let expected: Vec<_> = new.iter().filter(|(to, ..)| *to == forum).collect();
            if expected.is_empty() {
                continue;
            }
            let items = self.read_feed(forum).await;
            assert_eq!(
                items.len(),
                expected.len(),
                "R13: {name} reads {items:#?}, not {expected:?}"
            );
            for (item, (_, request, nth, kind)) in items.iter().zip(expected) {
                assert_eq!(*request, matter);
                let matter = &self.town.matters[*request];
                let hand_over = &matter.hand_overs[*nth];
                assert_eq!(item["handOverId"], hand_over.id);
                assert_eq!(item["kind"], *kind, "{item:#}");
                let current = hand_over.state != "withdrawn";
                assert_eq!(item["request"].is_object(), current, "R13: {item:#}");
                if forum == 0 && *kind == "routed" {
                    let endorsements = item["request"]["endorsements"].as_array().expect("endorsements");
                    assert!(!endorsements.is_empty(), "R14: unendorsed in the portfolio: {item:#}");
                }
            }
        }
    }

    /// At the end no feed has more than was foretold.
    pub async fn feeds_told_all(&self) {
        for (forum, name) in FORUMS.iter().enumerate() {
            let more = self.read_feed(forum).await;
            assert!(more.is_empty(), "R13: {name} was told {more:#?}");
        }
    }
}
