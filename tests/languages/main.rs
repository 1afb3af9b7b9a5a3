//! The bindings and examples in every language.

mod cpp;
mod dotnet;
mod examples;
mod go;
mod legacy;
mod php;
mod scenarios;
