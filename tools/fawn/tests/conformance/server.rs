//! What a case offers for download.

use digest::Sha256;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// A server on the loopback interface, gone with the process of the tests.
#[derive(Default)]
pub struct Server {
    address: Option<SocketAddr>,
    files: Arc<BTreeMap<String, Vec<u8>>>,
}

impl Server {
    /// Serves files called `served/name`; those below `served/name.tar/` as one archive.
    pub fn start(served: Vec<(String, String)>) -> Self {
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut archives: BTreeMap<String, tar::Builder<Vec<u8>>> = BTreeMap::new();
        for (path, text) in served {
            let name = path.strip_prefix("served/").expect("a served file");
            match name.split_once(".tar/") {
                None => drop(files.insert(name.to_owned(), text.into_bytes())),
                Some((archive, inner)) => {
                    let mut header = tar::Header::new_gnu();
                    header.set_size(text.len() as u64);
                    header.set_mode(0o644);
                    let archive = archives
                        .entry(format!("{archive}.tar"))
                        .or_insert_with(|| tar::Builder::new(Vec::new()));
                    archive
                        .append_data(&mut header, inner, text.as_bytes())
                        .expect("an archive");
                }
            }
        }
        for (name, archive) in archives {
            files.insert(name, archive.into_inner().expect("an archive"));
        }
        if files.is_empty() {
            return Self::default();
        }
        let files = Arc::new(files);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = files.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                // Whoever hangs up early does not matter.
                let _ = answer(&connection, &shared);
            }
        });
        Self {
            address: Some(address),
            files,
        }
    }

    /// Whether the case downloads anything.
    pub fn is_used(&self) -> bool {
        self.address.is_some()
    }

    /// Writes address, digests and sizes into the text of a project's file.
    pub fn fill_in(&self, text: &str) -> String {
        let Some(address) = self.address else {
            return text.to_owned();
        };
        let mut text = text.replace("SERVER", &format!("http://{address}"));
        for (name, bytes) in self.files.iter() {
            text = text.replace(&format!("SHA256({name})"), &Sha256::of(bytes).hex());
            text = text.replace(&format!("SIZE({name})"), &bytes.len().to_string());
        }
        text
    }
}

fn answer(mut connection: &TcpStream, files: &BTreeMap<String, Vec<u8>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, body) = match files.get(path.trim_start_matches('/')) {
        Some(bytes) => ("200 OK", bytes.as_slice()),
        None => ("404 Not Found", [].as_slice()),
    };
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    if method != "HEAD" {
        connection.write_all(body)?;
    }
    Ok(())
}
