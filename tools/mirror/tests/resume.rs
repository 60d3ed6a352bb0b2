//! Transfers that break off, and what the next try or the next run makes of the rest.

mod world;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use digest::Sha256;
use testkit::{Answer, File, Request, Server};
use world::{BYTES, PATH, World};

/// A mirror whose only file is sent by `answer`.
fn only(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Server {
    Server::hearing(move |request| match request.path.strip_prefix("/binaries/") {
        Some(PATH) => answer(request),
        _ => Answer::Status(404, ""),
    })
}

fn cut(file: File, cut: usize) -> Answer {
    Answer::File(File { cut: Some(cut), ..file })
}

/// The first bytes that were asked for, request by request.
fn asked(server: &Server) -> Vec<Option<usize>> {
    server.requests().iter().map(Request::from).collect()
}

fn brings(world: &World) {
    assert_eq!(std::fs::read(world.fetch().unwrap()).unwrap(), BYTES);
    assert_eq!(world.files(), [Sha256::of(BYTES).hex()]);
}

/// For every byte that the connection may break after, the transfer goes on there.
#[test]
fn goes_on_after_every_byte() {
    for after in 0..BYTES.len() {
        let server = only(move |request| match request.before {
            0 => cut(File::tagged(BYTES), after),
            _ => Answer::File(File::tagged(BYTES)),
        });
        brings(&World::new(&[&server]));
        assert_eq!(asked(&server), [None, (after > 0).then_some(after)]);
        let condition = server.requests()[1].header("if-range").map(str::to_owned);
        assert_eq!(condition, (after > 0).then(|| File::tagged(BYTES).etag));
    }
}

/// The same, but by a run that was over in between: it leaves the part and nothing under the final name.
#[test]
fn goes_on_in_the_next_run() {
    for after in 1..BYTES.len() {
        let server = only(move |request| match request.before {
            0 => cut(File::tagged(BYTES), after),
            1..4 => Answer::Close,
            _ => Answer::File(File::tagged(BYTES)),
        });
        let world = World::new(&[&server]);
        assert!(world.fetch().unwrap_err().is_unreadable());
        let name = format!("{}.part", Sha256::of(BYTES));
        assert_eq!(world.files(), [name.clone(), format!("{name}.from")]);
        brings(&world);
        assert_eq!(asked(&server).last(), Some(&Some(after)));
    }
}

/// A run that ended between the last byte and the final name has nothing to ask for.
#[test]
fn a_part_that_is_all_of_it() {
    let server = only(|_| Answer::Close);
    let world = World::new(&[&server]);
    std::fs::create_dir(world.folder().join("files")).unwrap();
    let part = world.folder().join(format!("files/{}.part", Sha256::of(BYTES)));
    std::fs::write(&part, BYTES).unwrap();
    brings(&world);
    std::fs::remove_dir_all(world.folder().join("files")).unwrap();
    std::fs::create_dir(world.folder().join("files")).unwrap();
    std::fs::write(&part, [BYTES, b"more"].concat()).unwrap();
    assert!(world.fetch().is_err());
    assert!(world.files().is_empty());
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn a_time_of_change_joins_parts_only_if_it_is_old() {
    for (date, second) in [
        ("Sun, 06 Nov 1994 09:49:37 GMT", Some(7)),
        ("Sun, 06 Nov 1994 08:49:38 GMT", None),
    ] {
        let file = File {
            modified: "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(),
            date: date.to_owned(),
            ..File::new(BYTES)
        };
        let server = only(move |request| match request.before {
            0 => cut(file.clone(), 7),
            _ => Answer::File(file.clone()),
        });
        brings(&World::new(&[&server]));
        assert_eq!(asked(&server), [None, second]);
    }
}

#[test]
fn a_weak_tag_joins_nothing() {
    let weak = || File {
        etag: "W/\"a\"".to_owned(),
        ..File::new(BYTES)
    };
    let server = only(move |request| match request.before {
        0 => cut(weak(), 7),
        _ => Answer::File(weak()),
    });
    brings(&World::new(&[&server]));
    assert_eq!(asked(&server), [None, None]);
}

#[test]
fn a_server_without_ranges_sends_all_of_it() {
    let server = only(|request| match request.before {
        0 => cut(File::tagged(BYTES), 7),
        _ => Answer::Bytes(BYTES.into()),
    });
    let world = World::new(&[&server]);
    brings(&world);
    assert_eq!(world.said().matches("started at 0 ").count(), 2);
}

/// The file was replaced between the parts; the condition makes the server send the new one whole.
#[test]
fn a_file_that_changes_between_parts() {
    let other = b"THE TARBALL OF BASH";
    let server = only(|request| match request.before {
        0 => cut(File::tagged(other), 7),
        _ => Answer::File(File::tagged(BYTES)),
    });
    brings(&World::new(&[&server]));
    assert_eq!(asked(&server), [None, Some(7)]);
}

/// The same with a server that joins parts of different files; the digest tells, and once more from the beginning it is right.
#[test]
fn a_server_that_ignores_the_condition() {
    let other = b"THE TARBALL OF BASH";
    let same_tag = |bytes: &[u8]| File {
        etag: "\"same\"".to_owned(),
        ..File::new(bytes)
    };
    let server = only(move |request| match request.before {
        0 => cut(same_tag(other), 7),
        _ => Answer::File(same_tag(BYTES)),
    });
    let world = World::new(&[&server]);
    brings(&world);
    assert_eq!(asked(&server), [None, Some(7), None]);
    assert!(world.said().contains("fetching it from its beginning"));
}

/// Once and no more: a file that is wrong from its beginning is wrong.
#[test]
fn a_wrong_file_is_not_fetched_forever() {
    let other = b"THE TARBALL OF BASH";
    let server = only(|request| match request.before {
        0 => cut(File::tagged(other), 7),
        _ => Answer::File(File::tagged(other)),
    });
    let world = World::new(&[&server]);
    assert!(world.fetch().unwrap_err().is_unverified());
    assert_eq!(asked(&server), [None, Some(7), None]);
    assert!(world.files().is_empty());
}

/// 416: the file has become shorter than what we have of it.
#[test]
fn a_file_that_becomes_shorter() {
    let same_tag = |bytes: &[u8]| File {
        etag: "\"same\"".to_owned(),
        ..File::new(bytes)
    };
    let server = only(move |request| match request.before {
        0 => cut(same_tag(BYTES), 12),
        _ => Answer::File(same_tag(&BYTES[..10])),
    });
    let second = only(|_| Answer::Bytes(BYTES.into()));
    let world = World::new(&[&server, &second]);
    brings(&world);
    assert_eq!(asked(&server), [None, Some(12), None]);
    assert!(world.said().contains("expected 19 bytes, found 10"));
}

#[test]
fn a_part_of_another_place_than_asked_for() {
    let wrong =
        "HTTP/1.1 206 Partial\r\nConnection: close\r\nContent-Range: bytes 3-18/19\r\nContent-Length: 16\r\n\r\n";
    let server = only(move |request| match request.before {
        0 => cut(File::tagged(BYTES), 7),
        1 => Answer::Raw([wrong.as_bytes(), &BYTES[3..]].concat()),
        _ => Answer::File(File::tagged(BYTES)),
    });
    brings(&World::new(&[&server]));
    assert_eq!(asked(&server), [None, Some(7), None]);
}

/// What one mirror sent is not gone on with at another one, whose tags mean nothing for it.
#[test]
fn mirrors_do_not_share_parts() {
    let first = only(|request| match request.before {
        0 => cut(File::tagged(BYTES), 7),
        _ => Answer::Close,
    });
    let second = only(|_| Answer::File(File::tagged(BYTES)));
    brings(&World::new(&[&first, &second]));
    assert_eq!(asked(&second), [None]);
}

/// Not a test of its own: the process that the next one kills.
#[test]
#[ignore = "run by the test below"]
fn child() {
    let variable = |name| std::env::var(name).unwrap();
    let world = World::in_folder(&[&variable("MIRROR")], variable("CACHE").as_ref());
    println!("begins");
    world.fetch().unwrap();
}

/// A process that is killed in the middle leaves a part and no lock; the next one goes on.
#[test]
fn a_killed_process() {
    let server = only(|request| match request.before {
        0 => Answer::StallFile(File::tagged(BYTES), 7),
        _ => Answer::File(File::tagged(BYTES)),
    });
    let world = World::new(&[&server]);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env("MIRROR", server.address())
        .env("CACHE", world.folder())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("begins")));
    let part = world.folder().join(format!("files/{}.part", Sha256::of(BYTES)));
    let has_bytes = || std::fs::metadata(&part).is_ok_and(|found| found.len() == 7);
    for _ in 0..1000 {
        if has_bytes() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(has_bytes());
    brings(&world);
    assert_eq!(asked(&server), [None, Some(7)]);
}
