"""musl's rules."""
from rules_common import DIR, case, copy, hard, lib, link, prog
from tiny_elf import AARCH64, EXEC, I386, RUNPATH

PATHS = "/etc/ld-musl-x86_64.path"

CASES = {
    "runpath_is_inherited": case("/r/a /r/b", prog("a", runpath="/r"), {"/r/a": lib("b"), "/r/b": lib()}),
    "runpath_hides_the_rpath_of_the_same_object": case("/2/a", prog("a", rpath="/r", runpath="/2"), {
        "/r/a": lib(), "/2/a": lib()}),
    "runpath_of_the_requester_comes_before_its_parent_s": case("/r/a /2/b", prog("a", runpath="/r"), {
        "/r/a": lib("b", runpath="/2"), "/r/b": lib(), "/2/b": lib()}),
    "library_path_comes_first": case("/2/a", prog("a", rpath="/r"), {"/r/a": lib(), "/2/a": lib()}, library_path="/2"),
    "sonames_are_not_consulted": case("/r/a /r/real", prog("a", "real", rpath="/r"), {
        "/r/a": lib(soname="real"), "/r/real": lib()}),
    "a_hardlink_is_the_same_object": case("/r/a", prog("a", "b", rpath="/r"), {"/r/a": lib(), "/r/b": hard("/r/a")}),
    "a_copy_of_it_is_itself": case("/r/a", prog("self", "/r/other", "a", runpath="/r"), {
        "/r/self": copy("/loader/ld"), "/r/other": copy("/loader/ld"), "/r/a": lib("self")}),
    "bytes_of_its_header_that_mean_nothing_may_be_anything": case("/r/a", prog("a", runpath="/r"), {
        "/r/a": lib(padding=1, abiversion=9)}),
    "its_own_names_lead_to_itself": case("", prog("libc.so.6", "libm.so.6", "libpthread.so.0")),
    "a_link_to_it_is_itself_but_teaches_no_name": case("?ld-musl-x86_64.so.1", prog("self", "ld-musl-x86_64.so.1", rpath="/r"), {
        "/r/self": link("/lib/ld-musl-x86_64.so.1"), "/etc/ld-musl-x86_64.path": b"/none"}),
    "system_directories_are_searched_in_their_order": case("/lib/a /usr/local/lib/b /usr/lib/c", prog("a", "b", "c"), {
        "/lib/a": lib(), "/usr/lib/a": lib(), "/usr/local/lib/b": lib(), "/usr/lib/b": lib(), "/usr/lib/c": lib()}),
    "its_path_file_replaces_them": case("/opt/a ?b", prog("a", "b"), {
        "/opt/a": lib(), "/lib/b": lib(), "/etc/ld-musl-x86_64.path": b"/opt\n"}),
    "its_path_file_needs_no_newline": case("/opt/a", prog("a"), {"/opt/a": lib(), PATHS: b"/opt"}),
    "its_path_file_has_colons_and_newlines": case("/opt/a /q/b /w/c", prog("a", "b", "c"), {
        "/opt/a": lib(), "/q/b": lib(), "/w/c": lib(), PATHS: b"\n\n/opt\n:/q:\n/w\n\n"}),
    "its_path_file_has_no_comments": case("/opt/a", prog("a"), {"/lib/a": lib(), "/opt/a": lib(), PATHS: b"# x\n/opt\n"}),
    "a_carriage_return_is_part_of_a_path": case("/q/a", prog("a"), {"/opt/a": lib(), "/q/a": lib(), PATHS: b"/opt\r\n/q\n"}),
    "its_path_file_ends_at_a_nul": case("/opt/a ?b", prog("a", "b"), {
        "/opt/a": lib(), "/q/b": lib(), PATHS: b"/opt\n\0/q\n"}),
    "an_empty_path_file_leaves_nothing": case("?a", prog("a"), {"/lib/a": lib(), PATHS: b""}),
    "its_path_file_may_be_a_link": case("/opt/a", prog("a"), {"/opt/a": lib(), PATHS: link("/v"), "/v": b"/opt\n"}),
    "a_path_file_that_is_a_dangling_link_is_none": case("/lib/a", prog("a"), {"/lib/a": lib(), PATHS: link("/v")}),
    "a_path_file_that_cannot_be_read_leaves_nothing": case("?a", prog("a"), {"/lib/a": lib(), PATHS: link(PATHS)}),
    "origin_in_braces": case("/app/bin/x/a", prog("a", runpath="${ORIGIN}/x"), {"/app/bin/x/a": lib()}),
    "origin_needs_no_end": case("/app/binX/a", prog("a", runpath="$ORIGINX"), {"/app/binX/a": lib(), "/lib/a": lib()}),
    "a_dollar_alone_voids_the_path": case("/lib/a", prog("a", runpath="/r$"), {"/r$/a": lib(), "/lib/a": lib()}),
    "the_last_of_several_runpaths_counts": case("/2/a", prog("a", extra=[(RUNPATH, "/1"), (RUNPATH, "/2")]), {
        "/1/a": lib(), "/2/a": lib()}),
    "a_semicolon_is_part_of_a_path": case("/1;/2/a", prog("a", runpath="/1;/2"), {"/2/a": lib(), "/1;/2/a": lib()}),
    "a_semicolon_is_part_of_library_path_too": case("/1;/2/a", prog("a"), {"/2/a": lib(), "/1;/2/a": lib()},
                                                    library_path="/1;/2"),
    "library_path_has_newlines_too": case("/r/a", prog("a"), {"/r/a": lib()}, library_path="/q\n/r"),
    "a_name_with_a_slash_answers_to_no_short_name": case("/r/a /q/a", prog("/r/a", "a", runpath="/q"), {
        "/r/a": lib(), "/q/a": lib()}),
    "the_path_of_the_loader_is_itself": case("/r/a", prog("/lib/ld-musl-x86_64.so.1", "a", runpath="/r"), {"/r/a": lib()}),
    "names_that_only_begin_like_its_own_are_others": case("/lib/libm-2.31.so /lib/libcx.so", prog("libm-2.31.so", "libcx.so"), {
        "/lib/libm-2.31.so": lib(), "/lib/libcx.so": lib()}),
    "another_class_stops": case("stops", prog("a", runpath="/1:/r"), {"/1/a": lib(machine=I386, bits=32), "/r/a": lib()}),
    "another_machine_would_be_loaded_so_we_stop": case("/1/a", prog("a", runpath="/1:/r"), {
        "/1/a": lib(machine=AARCH64), "/r/a": lib()}, ours="stops"),
    "another_osabi_would_be_loaded_so_we_stop": case("/2/a", prog("a", runpath="/2"), {"/2/a": lib(osabi=9)}, ours="stops"),
    "a_directory_of_that_name_stops": case("stops", prog("a", runpath="/1:/r"), {"/1/a": DIR, "/r/a": lib()}),
    "an_empty_file_stops": case("stops", prog("a", runpath="/1:/r"), {"/1/a": b"", "/r/a": lib()}),
    "a_file_without_dynamic_section_stops": case("stops", prog("a", runpath="/r"), {"/r/a": lib(dynamic=False)}),
    "a_program_will_do_for_a_library": case("/r/a", prog("a", runpath="/r"), {"/r/a": lib(kind=EXEC)}),
    "a_directory_that_is_a_loop_of_links_ends_the_search": case("?a", prog("a", runpath="/l:/2"), {
        "/l": link("l"), "/2/a": lib()}),
    "another_token_voids_the_whole_path": case("/lib/a", prog("a", rpath="/r:$LIB"), {"/r/a": lib(), "/lib/a": lib()}),
    "origin_of_a_library_is_where_it_was_found": case("/ln/a /ln/b", prog("a", rpath="/ln"), {
        "/r/a": lib("b", runpath="$ORIGIN"), "/r/b": lib(), "/ln": link("r")}),
    "tokens_do_not_count_in_needed_names": case("?a", prog("$ORIGIN/a"), {"/app/bin/a": lib()}),
    "a_relative_element_starts_at_the_current_directory": case("/r/a", prog("a", runpath="r"), {"/r/a": lib()}),
    "an_empty_element_is_nothing": case("?a", prog("a", rpath="::"), {"/a": lib()}),
    "filters_mean_nothing": case("/r/a", prog("a", rpath="/r"), {"/r/a": lib(filters=["f"]), "/r/f": lib()}),
    "a_dangling_link_is_passed_over": case("/r/a", prog("a", rpath="/1:/r"), {"/1/a": link("none"), "/r/a": lib()}),
    "a_loop_of_links_ends_the_search": case("?a", prog("a", rpath="/1:/r"), {"/1/a": link("a"), "/r/a": lib()}),
    "a_text_file_stops": case("stops", prog("a", rpath="/1:/r"), {
        "/1/a": b"INPUT(x)\n" + b" " * 80, "/r/a": lib()}),
}
