//! Colours, where the terminal has them.

use std::env;
use std::fmt::Display;
use std::io::{IsTerminal, stderr, stdout};

use console::{Style, StyledObject, set_colors_enabled, set_colors_enabled_stderr};

use crate::args::Color;

/// For the whole program. What `auto` says is looked at by the crate `console`: the terminal, `TERM` and `NO_COLOR`; but
/// for it an empty `NO_COLOR` counts too, which is none by no-color.org.
pub fn set_colors(color: Color) {
    let set = |is_enabled: bool, is_enabled_on_stderr: bool| {
        set_colors_enabled(is_enabled);
        set_colors_enabled_stderr(is_enabled_on_stderr);
    };
    match color {
        Color::Always => set(true, true),
        Color::Never => set(false, false),
        Color::Auto if env::var_os("NO_COLOR").is_some_and(|value| value.is_empty()) => {
            let has_colors = env::var_os("TERM").is_some_and(|kind| kind != "dumb");
            set(has_colors && stdout().is_terminal(), has_colors && stderr().is_terminal());
        }
        Color::Auto => {}
    }
}

/// Something about messages in this state, in its colour.
pub fn of_state<D: Display>(state: &str, text: D) -> StyledObject<D> {
    let style = Style::new();
    let style = match state {
        "delivered" => style.green(),
        "not_delivered" | "not_sent" | "rejected" => style.red(),
        "waiting" => style.cyan(),
        "not_found" | "invalid" | "unanswered" | "unknown" => style.yellow(),
        _ => style,
    };
    style.apply_to(text)
}

/// A heading.
pub fn of_heading<D: Display>(text: D) -> StyledObject<D> {
    Style::new().bold().apply_to(text)
}
