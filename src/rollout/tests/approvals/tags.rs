//! Approvals in signed tags: whose key counts, for what, and for how long.

use super::*;

use crate::approval::Tagged;
use crate::approval::tag::Said;

const CARLA: &str = "SHA256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA";
const BEN: &str = "SHA256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbA";
const EVE: &str = "SHA256:ccccccccccccccccccccccccccccccccccccccccccA";

fn keyed(text: &str, quorum: u32) -> Strategy {
    let mut strategy = guarded(text, quorum);
    let mut people = trio();
    people[1]["keys"] = json!([BEN]);
    people[1]["roles"] = json!(["risk"]);
    people[2]["keys"] = json!([CARLA]);
    strategy.authority = Some(authority(people, &[]));
    strategy
}

/// A guarded algo that runs, and a change of it by `ben` that waits.
fn waiting_for_tags(quorum: u32) -> Desk {
    let mut desk = Desk::running(keyed("spread: 5\n", quorum));
    desk.push(keyed("spread: 6\n", quorum), "b");
    desk.is_held("approval by");
    desk
}

impl Desk {
    /// What somebody would tag with a key.
    fn tag(&mut self, key: &str) -> Tagged {
        let wanted = self.wanted().unwrap();
        self.made += 1;
        let digits = crate::digest::short(&wanted.behaviour).to_owned();
        let made = self.made;
        Tagged {
            name: format!("tidegate/approve/{}/{digits}/{made}", self.name),
            id: format!("tag-{made}"),
            strategy: self.name.clone(),
            behaviour: digits,
            said: Ok(Said {
                at: self.stage.world.now,
                key: key.parse().unwrap(),
                role: "risk".to_owned(),
                plan: crate::digest::short(&wanted.plan).to_owned(),
                expires: None,
            }),
        }
    }

    fn push_tag(&mut self, tag: Tagged) {
        self.said().tagged.push(tag);
        self.look();
    }

    fn tag_as(&mut self, key: &str, change: impl FnOnce(&mut Said)) {
        let mut tag = self.tag(key);
        change(tag.said.as_mut().unwrap());
        self.push_tag(tag);
    }
}

#[test]
fn a_tag_counts_like_an_approval_and_needs_no_admission_policy() {
    let mut desk = waiting_for_tags(1);
    let wanted = desk.wanted().unwrap();
    let digits = crate::digest::short(&wanted.behaviour);
    let name = format!("tidegate/approve/{}/{digits}", desk.name);
    assert_eq!(wanted.tag, Some(name));
    desk.said().guard = Guard::Open("the policy is not there".to_owned());
    desk.tag_as(CARLA, |_| {});
    assert_eq!(desk.runs(), "b");
}

#[test]
fn who_wrote_it_or_is_not_known_signs_in_vain() {
    let mut desk = waiting_for_tags(1);
    desk.tag_as(BEN, |_| {});
    desk.is_held("does not count: `ben` wrote the change");
    // A key that was taken out of `people` is nobody's.
    desk.tag_as(EVE, |_| {});
    desk.is_held("is nobody's of `people` in what was promoted last");
    let mut unsigned = desk.tag(CARLA);
    unsigned.said = Err("is not signed with an SSH key".to_owned());
    desk.push_tag(unsigned);
    desk.is_held("is not signed with an SSH key");
}

#[test]
fn one_person_counts_once_however_they_say_so() {
    let mut desk = waiting_for_tags(2);
    desk.tag_as(CARLA, |_| {});
    desk.is_held("after carla");
    desk.approve("carla");
    desk.is_held("after carla");
    // A tag that is gone says nothing any more.
    desk.said().tagged.clear();
    desk.said().given.clear();
    desk.look();
    assert!(!desk.told().contains("after carla"), "{}", desk.told());
    desk.tag_as(CARLA, |_| {});
    desk.approve("dora");
    assert_eq!(desk.runs(), "b");
}

#[test]
fn a_tag_is_for_one_plan_and_role_and_ends() {
    let mut desk = waiting_for_tags(1);
    desk.tag_as(CARLA, |said| said.plan = "0123456789".to_owned());
    desk.is_held("is for other stages, gates or people");
    desk.tag_as(CARLA, |said| said.role = "trader".to_owned());
    desk.tag_as(CARLA, |said| said.at -= SignedDuration::from_hours(25));
    desk.is_held("expired at");
    let short = |said: &mut Said| {
        said.at -= SignedDuration::from_hours(2);
        said.expires = Some(SignedDuration::from_hours(1));
    };
    desk.tag_as(CARLA, short);
    desk.is_held("expired at");
    desk.tag_as(CARLA, |said| said.at += SignedDuration::from_hours(1));
    desk.is_held("which is yet to come");
    desk.said().untagged = Some("no signed tag counts: there are too many".to_owned());
    desk.look();
    desk.is_held("there are too many");
}
