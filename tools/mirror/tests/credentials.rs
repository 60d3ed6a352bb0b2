//! Names and passwords: whom they are sent to, and that they are nowhere else.

mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, OnceLock};

use mirror::Access;
use mirror::http::{Netrc, Proxies};
use testkit::{Answer, Server};
use world::{BYTES, World, good};

const SECRET: &str = "sesame";
/// `me:sesame`, as it is sent.
const SENT: &str = "Basic bWU6c2VzYW1l";

fn access() -> Access {
    let world = tempfile::tempdir().unwrap();
    let path = world.path().join("netrc");
    fs::write(&path, format!("machine 127.0.0.1 login me password {SECRET}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    Access {
        credentials: Arc::new(Netrc::read(&path).unwrap()),
        ..Access::default()
    }
}

/// What each request said of who we are.
fn said(server: &Server) -> Vec<Option<String>> {
    let requests = server.requests();
    requests
        .iter()
        .map(|request| request.header("authorization").map(str::to_owned))
        .collect()
}

/// Nothing in the cache or in what was told holds the password, in whatever form.
fn is_clean(world: &World, more: &str) {
    let mut texts = vec![world.said(), more.to_owned()];
    for name in world.files() {
        let bytes = fs::read(world.folder().join("files").join(name)).unwrap();
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    for text in texts {
        assert!(!text.contains(SECRET) && !text.contains(&SENT[6..]), "{text}");
    }
}

#[test]
fn sent_to_the_host_they_are_for() {
    let server = Server::hearing(|request| match request.header("authorization") {
        Some(SENT) => good(&request.path),
        _ => Answer::Status(401, ""),
    });
    let world = World::by(&[server.address()], &access());
    assert!(world.fetch().is_ok());
    is_clean(&world, "");
    let world = World::at(&[server.address()]);
    let error = world.fetch().unwrap_err();
    assert!(
        error.is_unreadable() && error.to_string().contains("status 401"),
        "{error}"
    );
    assert_eq!(said(&server), [Some(SENT.to_owned()), None]);
}

#[test]
fn kept_within_the_server() {
    let server = Server::start(|path, _| match path {
        "/binaries/there" => Answer::Bytes(BYTES.into()),
        _ => Answer::Redirect("/binaries/there".into()),
    });
    let world = World::by(&[server.address()], &access());
    assert!(world.fetch().is_ok());
    assert_eq!(said(&server), [Some(SENT.to_owned()), Some(SENT.to_owned())]);
}

/// Another port is another server; and from there, nothing brings them back.
#[test]
fn dropped_on_the_way_to_another_server() {
    let other = Arc::new(OnceLock::<String>::new());
    let away = Arc::clone(&other);
    let home = Server::start(move |path, _| match path {
        "/back" => Answer::Status(403, ""),
        _ => Answer::Redirect(away.get().unwrap().clone()),
    });
    let back = format!("{}/back", home.address());
    let elsewhere = Server::start(move |_, _| Answer::Redirect(back.clone()));
    other.set(format!("{}/x", elsewhere.address())).unwrap();
    let world = World::by(&[home.address()], &access());
    let error = world.fetch().unwrap_err().to_string();
    assert!(error.contains("status 403"), "{error}");
    assert_eq!(said(&home), [Some(SENT.to_owned()), None]);
    assert_eq!(said(&elsewhere), [None]);
    is_clean(&world, &error);
}

/// A proxy is told where to, and nothing else.
#[test]
fn not_told_to_proxies() {
    let proxy = Server::start(|_, _| Answer::Status(407, ""));
    let address = proxy.address().replace("http://", "http://proxy-user:proxy-secret@");
    let access = Access {
        proxies: Proxies::from_variables(|name| (name == "http_proxy").then(|| address.clone())).unwrap(),
        allow_insecure: true,
        ..access()
    };
    let world = World::by(&["http://127.0.0.1:1/m"], &access);
    let error = world.fetch().unwrap_err().to_string();
    assert!(!error.contains("proxy-secret"), "{error}");
    let requests = proxy.requests();
    assert!(!requests.is_empty());
    for request in requests {
        assert_eq!(request.path, "127.0.0.1:1");
        assert!(request.header("authorization").is_none() && request.header("proxy-authorization").is_some());
    }
}

/// Build actions have no use for any of this, and get none of it.
#[test]
fn nothing_by_default() {
    let server = Server::start(|path, _| good(path));
    assert!(World::new(&[&server]).fetch().is_ok());
    assert_eq!(said(&server), [None]);
}
