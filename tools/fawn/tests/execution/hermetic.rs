//! An action sees what it declares. What only namespaces can hide is tested where the kernel permits them.

use crate::world::{World, has_namespaces, said};
use std::net::TcpListener;

#[test]
fn undeclared_files_are_not_there() {
    let world = World::new(
        "sh(name = 'undeclared', cmd = 'cat secret.txt > $1')\nsh(name = 'listing', cmd = 'all=$(find . -type f); echo $all > $1', srcs = ['in.txt'])",
    );
    world.write("secret.txt", "s");
    world.write("in.txt", "i");
    assert_eq!(world.fawn(&["build", "//:undeclared"]).code, Some(3));
    assert_eq!(world.build("//:listing"), "./in.txt\n");
}

#[test]
fn the_environment_is_what_the_action_declares() {
    let world = World::new(
        "sh(name = 'env', cmd = 'env | sort > $1', env = {'B': '2'})\nsh(name = 'host', cmd = 'env | sort > $1', local_only = True)",
    );
    let lines = |target: &str| -> Vec<String> {
        let mut command = world.command(&["build", "-q", target, "--out", "-"]);
        command
            .env("SECRET", "s")
            .env("LANG", "de_DE")
            .env("TZ", "Asia/Tokyo")
            .env("RUSTUP_HOME", "/r")
            .env("HTTP_PROXY", "p");
        let text = said(&command.output().unwrap()).stdout;
        text.lines()
            .map(|line| line.split('=').next().unwrap().to_owned())
            .filter(|name| name != "_")
            .collect()
    };
    assert_eq!(lines("//:env"), ["B", "BUCK_SCRATCH_PATH", "PWD"]);
    assert_eq!(
        lines("//:host"),
        ["BUCK_SCRATCH_PATH", "HOME", "PATH", "PWD", "RUSTUP_HOME"]
    );
}

#[test]
fn the_callers_environment_is_in_no_key() {
    let world = World::new("sh(name = 'host', cmd = 'echo hi > $1', local_only = True)");
    world.build("//:host");
    let output = world
        .command(&["build", "//:host"])
        .env("RUSTUP_HOME", "/elsewhere")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(world.ran(), [""; 0]);
}

#[test]
fn writing_to_an_input_reaches_neither_project_nor_cache() {
    let world = World::new(
        "sh(name = 'vandal', cmd = 'cat $2 > $1; echo bad > $2; rm -f $3', srcs = ['in.txt', ':made'])\n\
         sh(name = 'made', cmd = 'echo made > $1')\n\
         sh(name = 'after', cmd = 'cat $2 $3 $4 > $1', srcs = [':vandal', 'in.txt', ':made'])",
    );
    world.write("in.txt", "good\n");
    assert_eq!(world.build("//:after"), "good\ngood\nmade\n");
    assert_eq!(std::fs::read_to_string(world.path().join("in.txt")).unwrap(), "good\n");
    assert_eq!(world.fawn(&["build", "//:after"]).code, Some(0));
    assert_eq!(world.ran(), [""; 0]);
}

#[test]
fn modes_and_times_of_sources_do_not_matter() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new(
        "sh(name = 'look', cmd = 'ls -l --time-style=+%s $2 | cut -d\" \" -f1,3-6 > $1', srcs = ['in.txt'])",
    );
    world.write("in.txt", "x");
    let first = world.build("//:look");
    let file = world.path().join("in.txt");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::remove_dir_all(world.path().join("buck-out")).unwrap();
    assert_eq!(world.build("//:look"), first);
    assert!(
        first.starts_with("-rw-r--r--") && first.contains("946684800"),
        "{first}"
    );
}

#[test]
fn the_umask_does_not_matter() {
    let build = |umask: &str| {
        let world = World::new(
            "sh(name = 'made', dir = True, cmd = 'mkdir -p $1/sub; echo > $1/sub/f; umask > $1/umask')\n\
             sh(name = 'look', cmd = 'cat $2/umask > $1; ls -lR $2 in | cut -c1-10 >> $1; touch new; ls -l new | cut -c1-10 >> $1', \
             srcs = [':made', 'in/f'])",
        );
        world.write("in/f", "x");
        let script = format!("umask {umask}; exec \"$0\" build -q //:look --out -");
        let mut command = std::process::Command::new("/bin/sh");
        command
            .args(["-c", &script])
            .arg(testkit::program("fawn"))
            .current_dir(world.path());
        said(&command.output().unwrap())
    };
    let (open, closed) = (build("000"), build("077"));
    assert_eq!(open.code, Some(0), "{}", open.stderr);
    assert_eq!(open.stdout, closed.stdout);
    assert!(open.stdout.starts_with("0022\n"), "{}", open.stdout);
}

/// `configure` scripts try signals out: one that is ignored or blocked would change what they find.
#[test]
fn signals_do_not_depend_on_the_caller() {
    for variable in ["ANYTHING", "FAWN_NO_NAMESPACES"] {
        let world = World::new("sh(name = 'look', cmd = 'grep -E \"^Sig(Blk|Ign)\" /proc/self/status > $1')");
        let script = "trap '' HUP INT; exec \"$0\" build -q //:look --out -";
        let mut command = std::process::Command::new("/bin/sh");
        command
            .args(["-c", script])
            .arg(testkit::program("fawn"))
            .env(variable, "1")
            .current_dir(world.path());
        let said = said(&command.output().unwrap());
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        for line in said.stdout.lines() {
            let (what, signals) = line.split_once(":\t").unwrap();
            // The two after the 31 of POSIX are the C library's own.
            let signals = u64::from_str_radix(signals, 16).unwrap() & 0x7fff_ffff;
            assert_eq!(signals, 0, "{what} with {variable}");
        }
        assert_eq!(said.stdout.lines().count(), 2);
    }
}

#[test]
fn namespaces_hide_the_machine() {
    if !has_namespaces() {
        return;
    }
    let world = World::new(
        "sh(name = 'names', cmd = 'hostname > $1; cat /proc/sys/kernel/hostname >> $1; id -u >> $1; pwd >> $1')\n\
         sh(name = 'zone', cmd = 'date +%Z > $1')\n\
         sh(name = 'project', cmd = 'ls \"PROJECT\" \"PROJECT/in.txt\"; cat \"PROJECT/in.txt\" > $1')\n\
         sh(name = 'local', local_only = True, cmd = 'cat \"PROJECT/in.txt\" > $1')\n\
         sh(name = 'home', cmd = 'ls /home /root /work /tmp > $1 2>/dev/null; true')\n\
         sh(name = 'dirty', cmd = 'touch /tmp/left /dev/shm/left /usr/left /left; ls /tmp > $1')\n\
         sh(name = 'clean', cmd = 'ls /tmp /dev/shm > $1', srcs = [':dirty'])\n",
    );
    let text = std::fs::read_to_string(world.path().join("BUCK")).unwrap();
    world.write("BUCK", &text.replace("PROJECT", world.path().to_str().unwrap()));
    world.write("in.txt", "secret");
    assert_eq!(world.build("//:names"), "fawn\nfawn\n65534\n/fawn\n");
    assert_eq!(world.build("//:zone"), "UTC\n");
    for target in ["//:project", "//:local"] {
        let said = world.fawn(&["build", target]);
        assert_eq!(said.code, Some(3), "{target}");
        assert!(
            said.stderr
                .contains("undeclared input: in.txt; add it to the inputs of root//"),
            "{}",
            said.stderr
        );
    }
    assert_eq!(world.build("//:home"), "/tmp:\n");
    assert_eq!(world.build("//:dirty"), "left\n");
    assert_eq!(world.build("//:clean"), "/dev/shm:\n\n/tmp:\n");
}

#[test]
fn only_fetches_have_a_network() {
    if !has_namespaces() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo in > $1");
    if !std::path::Path::new("/bin/bash").exists() {
        eprintln!("SKIPPED: there is no /bin/bash to connect with");
        return;
    }
    let world = World::new(&format!(
        "sh(name = 'plain', shell = '/bin/bash', cmd = '{connect}')\n\
         sh(name = 'local', shell = '/bin/bash', local_only = True, cmd = '{connect}')\n\
         sh(name = 'fetch', shell = '/bin/bash', local_only = True, category = 'fetch_it', cmd = '{connect}')\n"
    ));
    for target in ["//:plain", "//:local"] {
        assert_eq!(world.fawn(&["build", target]).code, Some(3), "{target}");
    }
    assert_eq!(world.build("//:fetch"), "in\n");
}

#[test]
fn without_namespaces_everything_works_and_it_is_said_once() {
    let world = World::new(
        "[sh(name = 't%d' % i, cmd = 'cat $2 > $1', srcs = ['in.txt']) for i in range(5)]\n\
         sh(name = 'all', cmd = 'cat $2 $3 > $1', srcs = [':t0', ':t1'])",
    );
    world.write("in.txt", "x\n");
    let output = world
        .command(&["build", "//:", "--show-simple-output"])
        .env("FAWN_NO_NAMESPACES", "1")
        .output()
        .unwrap();
    let said = said(&output);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(said.stderr.matches("plain directories").count(), 1, "{}", said.stderr);
    // The results are the same ones.
    world.ok(&["build", "//:"]);
    assert_eq!(world.ran(), [""; 0]);
}

#[test]
fn what_an_action_leaves_running_dies() {
    let world = World::new("sh(name = 'daemon', cmd = '(sleep 1; echo late > $1) & echo early > $1')");
    assert_eq!(world.build("//:daemon"), "early\n");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(world.build("//:daemon"), "early\n");
}
