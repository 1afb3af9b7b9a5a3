//! Scripts that complete the options in a shell, from the table of options.

use std::fmt::Write;

use smsp::Config;

use crate::args::Shell;
use crate::options::{OPTIONS, Opt, Values};

/// The script for a shell.
pub fn script(shell: Shell) -> String {
    match shell {
        Shell::Bash => bash(),
        Shell::Zsh => zsh(),
        Shell::Fish => fish(),
    }
}

/// `NAME=` of every option of the library, to be completed by its value.
fn settings() -> Vec<String> {
    let options = Config::options().iter().filter(|option| option.name() != "api_key");
    options.map(|option| format!("{}=", option.name())).collect()
}

/// How an option is written: `-f` and `--format`.
fn names(option: &Opt) -> Vec<String> {
    option.short.iter().map(|short| format!("-{short}")).chain([format!("--{}", option.long)]).collect()
}

fn bash() -> String {
    let all: Vec<String> = OPTIONS.iter().flat_map(names).collect();
    let mut cases = String::new();
    for option in OPTIONS {
        let Some((_, values)) = &option.value else { continue };
        let reply = match values {
            Values::Words(words) => format!("COMPREPLY=($(compgen -W '{}' -- \"$current\"))", words.join(" ")),
            Values::Setting => {
                format!("compopt -o nospace; COMPREPLY=($(compgen -W '{}' -- \"$current\"))", settings().join(" "))
            }
            Values::File => "compopt -o default".into(),
            Values::Text => ":".into(),
        };
        _ = writeln!(cases, "    {}) {reply}; return ;;", names(option).join("|"));
    }
    format!(
        "# bash completion for smsp-status: smsp-status --completions bash\n\
         _smsp_status() {{\n    \
             local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}\n    \
             COMPREPLY=()\n    \
             # An equals sign is a word of its own.\n    \
             if [[ $current == = ]]; then current=; \
             elif [[ $previous == = ]]; then previous=${{COMP_WORDS[COMP_CWORD-2]}}; fi\n    \
             case $previous in\n{cases}    esac\n    \
             case $current in\n    \
             -*) COMPREPLY=($(compgen -W '{}' -- \"$current\")) ;;\n    \
             *) compopt -o default ;;\n    \
             esac\n}}\n\
         complete -F _smsp_status smsp-status\n",
        all.join(" ")
    )
}

fn zsh() -> String {
    let mut arguments = String::new();
    for option in OPTIONS {
        let help = option.help.replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]");
        let value = match &option.value {
            None => String::new(),
            Some((name, Values::Words(words))) => format!(":{name}:({})", words.join(" ")),
            Some((name, Values::File)) => format!(":{name}:_files"),
            Some((name, Values::Setting)) => format!(":{name}:compadd -S '' -- {}", settings().join(" ")),
            Some((name, Values::Text)) => format!(":{name}: "),
        };
        let repeated = if option.long == "set" { "*" } else { "" };
        for name in names(option) {
            let equals = if name.starts_with("--") && option.value.is_some() { "=" } else { "" };
            _ = writeln!(arguments, "    '{repeated}{name}{equals}[{help}]{value}' \\");
        }
    }
    format!(
        "#compdef smsp-status\n# zsh completion: smsp-status --completions zsh\n\
         _arguments -s \\\n{arguments}    ':LIST:_files'\n"
    )
}

fn fish() -> String {
    let mut script = "# fish completion for smsp-status: smsp-status --completions fish\n".to_owned();
    for option in OPTIONS {
        let short = option.short.map_or(String::new(), |short| format!(" -s {short}"));
        let value = match &option.value {
            None => String::new(),
            Some((_, Values::Words(words))) => format!(" -x -a '{}'", words.join(" ")),
            Some((_, Values::File)) => " -r -F".into(),
            Some((_, Values::Setting)) => format!(" -x -a '{}'", settings().join(" ")),
            Some((_, Values::Text)) => " -x".into(),
        };
        let help = option.help.replace('\\', "\\\\").replace('\'', "\\'");
        _ = writeln!(script, "complete -c smsp-status{short} -l {}{value} -d '{help}'", option.long);
    }
    script
}
