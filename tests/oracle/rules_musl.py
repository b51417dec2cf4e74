"""musl's rules."""
from rules_common import case, hard, lib, link, prog

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
    "its_own_names_lead_to_itself": case("", prog("libc.so.6", "libm.so.6", "libpthread.so.0")),
    "a_link_to_it_is_itself_but_teaches_no_name": case("?ld-musl-x86_64.so.1", prog("self", "ld-musl-x86_64.so.1", rpath="/r"), {
        "/r/self": link("/lib/ld-musl-x86_64.so.1"), "/etc/ld-musl-x86_64.path": b"/none"}),
    "system_directories_are_searched_in_their_order": case("/lib/a /usr/local/lib/b /usr/lib/c", prog("a", "b", "c"), {
        "/lib/a": lib(), "/usr/lib/a": lib(), "/usr/local/lib/b": lib(), "/usr/lib/b": lib(), "/usr/lib/c": lib()}),
    "its_path_file_replaces_them": case("/opt/a ?b", prog("a", "b"), {
        "/opt/a": lib(), "/lib/b": lib(), "/etc/ld-musl-x86_64.path": b"/opt\n"}),
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
