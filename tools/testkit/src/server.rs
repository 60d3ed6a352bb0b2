//! A web server on loopback that does what a test tells it, faults included.

mod answer;
mod request;

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

pub use answer::{Answer, File};
pub use request::Request;

/// A running server. Its thread ends with the test's process.
pub struct Server {
    address: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server; `answer` gets the path of a request and how often that path was asked for before.
    ///
    /// # Panics
    /// When loopback cannot be used.
    pub fn start(answer: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::hearing(move |request| answer(&request.path, request.before))
    }

    /// Starts a server whose answers depend on more than the path of a request.
    ///
    /// # Panics
    /// When loopback cannot be used.
    pub fn hearing(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be used");
        let address = format!("http://{}", listener.local_addr().expect("the server has an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, record) = (Arc::new(answer), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, record) = (Arc::clone(&answer), Arc::clone(&record));
                thread::spawn(move || {
                    let Some(mut request) = Request::read(&stream) else {
                        return;
                    };
                    {
                        let mut seen: std::sync::MutexGuard<'_, Vec<Request>> =
                            record.lock().expect("no test panics with the lock");
                        request.before = seen.iter().filter(|other| other.path == request.path).count();
                        seen.push(request.clone());
                    }
                    // A client that has heard enough is none of our business.
                    let _ = answer(&request).send(&request, stream);
                });
            }
        });
        Self { address, seen }
    }

    /// Its base address, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The paths that were asked for, in order.
    ///
    /// # Panics
    /// When an answer panicked.
    pub fn seen(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }

    /// What was asked, in order.
    ///
    /// # Panics
    /// When an answer panicked.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.lock().expect("no answer panicked").clone()
    }
}
