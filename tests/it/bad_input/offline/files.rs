//! Files that cannot be read, and what is no file.

use super::super::fleet::Change::{Bomb, Bytes, Edit, Link, Submodule, Swell, Write};
use super::{BOTH, Case, GULL, NONE, check};

const MIB_10: usize = 10 << 20;

#[test]
fn a_missing_file_is_told_where_it_is_wanted() {
    check(&[
        Case {
            name: "a missing file, with one like it",
            changes: &[Edit("desks/rates/tern.yaml", "tern.toml}", "terns.toml}")],
            says: &[
                "desks/rates/tern.yaml:8:39 error[config-missing] there is no file `desks/rates/tern/terns.toml` | did you mean `desks/rates/tern/tern.toml`?",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a missing file, with none like it",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "tern/tern.toml}",
                "limits.json}",
            )],
            says: &[
                "desks/rates/tern.yaml:8:39 error[config-missing] there is no file `desks/rates/limits.json` | add the file, or correct the path, which is relative to this file",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a file outside of the fleet",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "from: tern/",
                "from: ../../../secret/",
            )],
            says: &[
                "desks/rates/tern.yaml:8:39 error[config-outside] `../../../secret/tern.toml` is outside of the fleet | write a path relative to this file that stays in the repository",
            ],
            renders: GULL,
            exit: 1,
        },
    ]);
}

#[test]
fn what_is_not_yaml_is_told_by_its_place() {
    check(&[
        Case {
            name: "a file with a tab",
            changes: &[Edit("desks/rates/tern.yaml", "  mode", "\tmode")],
            says: &[
                "desks/rates/tern.yaml:4:1 error[yaml-tab] a tab is used as indentation, which YAML does not allow | use spaces, and set your editor to insert them for the tab key",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a key that is written twice",
            changes: &[Edit(
                "desks/rates/tern.yaml",
                "  mode: paper\n",
                "  mode: paper\n  mode: shadow\n",
            )],
            says: &[
                "desks/rates/tern.yaml:5:3 error[duplicate-key] key `mode` is written twice in this mapping | keep one of the two, or rename one",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a key that is indented too far",
            changes: &[Edit("desks/rates/tern.yaml", "  mode", "   mode")],
            says: &[
                "desks/rates/tern.yaml:4:8 error[yaml-syntax] a `:` stands where no value can begin | indent the key like its neighbours, quote the text that has the `:` in it, or close the quote or bracket above",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a quote that is not closed",
            changes: &[Edit("desks/rates/tern.yaml", "paper", "\"paper")],
            says: &[
                "desks/rates/tern.yaml:4:9 error[yaml-syntax] a quoted text is never closed | close it with the quote it began with",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a bracket of another kind in tidegate.yaml",
            changes: &[Edit("tidegate.yaml", "[{name", "[{{name")],
            says: &[
                "tidegate.yaml:5:14 error[yaml-syntax] `{` is closed by `]` | close every bracket by its own kind",
            ],
            renders: NONE,
            exit: 1,
        },
    ]);
}

#[test]
fn a_file_that_would_exhaust_memory_is_not_read() {
    check(&[
        Case {
            name: "a spec of 10 MB",
            changes: &[Swell("desks/rates/tern.yaml", MIB_10)],
            says: &[
                "desks/rates/tern.yaml:1:1 error[yaml-budget] `desks/rates/tern.yaml` has 10486029 bytes, more than the 1048576 that are read | split it into several files, and keep data out of the fleet's repository",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a configuration file of 10 MB",
            changes: &[Swell("desks/rates/tern/tern.toml", MIB_10)],
            says: &[
                "desks/rates/tern.yaml:8:39 error[config-unreadable] `desks/rates/tern/tern.toml` has 10485771 bytes, more than the 1048576 that are read | split it into several files, and keep data out of the fleet's repository",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "an alias bomb",
            changes: &[Bomb("desks/rates/tern.yaml")],
            says: &[
                "desks/rates/tern.yaml:6:8 error[yaml-budget] the file has more than 250000 values once its aliases are expanded | write the repeated parts out, or split the file",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "an alias bomb that is no spec",
            changes: &[Bomb("desks/rates/bomb.yaml")],
            says: &[
                "desks/rates/bomb.yaml:6:8 error[yaml-budget] the file has more than 250000 values once its aliases are expanded | write the repeated parts out, or split the file",
            ],
            renders: BOTH,
            exit: 1,
        },
    ]);
}

#[test]
fn what_is_not_text_is_not_read() {
    check(&[
        Case {
            name: "a program in place of a spec",
            changes: &[Bytes(
                "desks/rates/tern.yaml",
                b"\x7fELF\x02\x01\x01\0\0\0\xff",
            )],
            says: &[
                "desks/rates/tern.yaml:1:8 error[not-text] the file is binary, not YAML | remove the file from this folder, or give it another ending than `.yaml`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a spec in Latin-1",
            changes: &[Bytes(
                "desks/rates/tern.yaml",
                b"kind: Strategy # f\xfcr Terminkontrakte\n",
            )],
            says: &[
                "desks/rates/tern.yaml:1:19 error[not-text] byte 0xfc is not UTF-8 | save the file as UTF-8",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "an archive in place of a configuration file",
            changes: &[Bytes("desks/rates/tern/tern.toml", b"PK\x03\x04\0\0\xff")],
            says: &[
                "desks/rates/tern.yaml:8:39 error[config-not-text] `desks/rates/tern/tern.toml` is not text in UTF-8 | put binary data into a model artefact or the image",
            ],
            renders: GULL,
            exit: 1,
        },
    ]);
}

#[test]
fn a_link_is_not_followed() {
    check(&[
        Case {
            name: "a spec that is a link out of the repository",
            changes: &[Link("desks/rates/tern.yaml", "/etc/passwd")],
            says: &[
                "desks/rates/tern.yaml:1:1 error[not-a-file] `desks/rates/tern.yaml` is a symbolic link to `/etc/passwd`, and links are not followed | put the file or folder itself at `desks/rates/tern.yaml`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a configuration file that is a link out of the repository",
            changes: &[Link("desks/rates/tern/tern.toml", "../../../../tern.toml")],
            says: &[
                "desks/rates/tern.yaml:8:39 error[config-unreadable] `desks/rates/tern/tern.toml` is a symbolic link to `../../../../tern.toml`, and links are not followed | put the file or folder itself at `desks/rates/tern/tern.toml`",
            ],
            renders: GULL,
            exit: 1,
        },
        Case {
            name: "a desk that is a link out of the repository",
            changes: &[Link("desks/fx", "../../elsewhere/fx")],
            says: &[
                "desks/fx:1:1 error[not-a-file] `desks/fx` is a symbolic link to `../../elsewhere/fx`, and links are not followed | put the file or folder itself at `desks/fx`",
            ],
            renders: BOTH,
            exit: 1,
        },
    ]);
}

#[test]
fn a_submodule_is_another_repository() {
    check(&[
        Case {
            name: "a desk that is a submodule",
            changes: &[Submodule("desks/fx")],
            says: &[
                "desks/fx:1:1 error[not-a-file] `desks/fx` is a Git submodule, whose content is in another repository | put the files themselves into this repository",
            ],
            renders: BOTH,
            exit: 1,
        },
        Case {
            name: "configuration in a submodule",
            changes: &[Submodule("desks/rates/tern")],
            says: &[
                "desks/rates/tern.yaml:8:39 error[config-unreadable] `desks/rates/tern/tern.toml` cannot be read: `desks/rates/tern` is a Git submodule, whose content is in another repository | put the files themselves into this repository",
            ],
            renders: GULL,
            exit: 1,
        },
    ]);
}

#[test]
fn a_file_with_another_ending_is_told_not_to_be_read() {
    check(&[
        Case {
            name: "a spec that ends in .yml",
            changes: &[Write("desks/rates/kite.yml", "kind: Strategy\n")],
            says: &[
                "desks/rates/kite.yml:1:1 warning[ignored-file] `desks/rates/kite.yml` is not read | rename it: documents end in `.yaml`",
            ],
            renders: BOTH,
            exit: 0,
        },
        Case {
            name: "a lock that is no mapping",
            changes: &[Write("tidegate.lock", "images: [redis]\n")],
            says: &[
                "tidegate.lock:1:9 error[bad-lock] `images` should be a mapping, but is a list | the file holds `images: {<image>: 'sha256:…'}`, each as the registry gives it",
            ],
            renders: BOTH,
            exit: 1,
        },
    ]);
}
