//! Colours, where the terminal has them.

use std::fmt::Display;

use console::{Style, StyledObject, set_colors_enabled, set_colors_enabled_stderr};

use crate::args::Color;

/// For the whole program. What `auto` says is looked at by the crate `console`: the terminal, `TERM` and `NO_COLOR`.
pub fn set_colors(color: Color) {
    if color != Color::Auto {
        set_colors_enabled(color == Color::Always);
        set_colors_enabled_stderr(color == Color::Always);
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
