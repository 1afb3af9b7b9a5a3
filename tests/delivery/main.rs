//! What is delivered: documents, guides, what is installed, the terms of the crates inside.

mod documentation;
mod guides;
mod house;
mod install;
mod licences;
