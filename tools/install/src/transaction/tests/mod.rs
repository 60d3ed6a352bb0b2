mod basics;
mod config;
mod conflicts;
mod hostile;
mod recovery;
mod rollback;
mod types;
