"""ld.so's rules."""
from graph import cache_bytes
from rules_common import DIR, case, hard, lib, link, prog
from tiny_elf import AARCH64, AUDIT, DEPAUDIT, EXEC, FLAGS_1, I386, NEEDED, NODEFLIB, PIE, RPATH, RUNPATH, SONAME

LD = "ld-linux-x86-64.so.2"
M = "/lib/x86_64-linux-gnu"
V2, V3, V4 = (f"glibc-hwcaps/x86-64-v{n}" for n in (2, 3, 4))
NAMES = ["x86-64-v2", "x86-64-v3", "x86-64-v4"]


def conf(want, *needed, lines, tree=None, confs=None, **how):
    """ld.so.conf with these lines, and further files of configuration: what a cache that is made of it leads to."""
    files = {path: lib() for path in want.split() if path.startswith("/opt")}
    files.update({"/etc/ld.so.conf": lines.encode(), "/var/cache/ldconfig": DIR})
    files.update({path: text.encode() for path, text in (confs or {}).items()})
    return case(want, prog(*needed), {**files, **(tree or {})}, ldconfig=True, **how)


def cache(*rows, base=b""):
    """Rows of (name, path[, flags[, hwcap]]), in the order of the file."""
    full = [(r[0], r[2] if len(r) > 2 else 0x303, r[1], r[3] if len(r) > 3 else 0) for r in rows]
    return base + cache_bytes(full, NAMES, len(base))


CASES = {
    # --- order ---
    "objects_come_breadth_first": case("/r/a /r/b /r/c", prog("a", "b", rpath="/r"), {
        "/r/a": lib("c"), "/r/b": lib(), "/r/c": lib()}),
    "depth_first_would_find_another": case("/r/a /r/b /1/c", prog("a", "b", rpath="/r"), {
        "/r/a": lib("b", "c", rpath="/1"), "/r/b": lib("c", rpath="/2"), "/1/c": lib(), "/2/c": lib()}),
    "the_first_requester_in_breadth_first_order_decides": case("/r/a /r/b /r/deep /2/c", prog("a", "b", rpath="/r"), {
        "/r/a": lib("deep"), "/r/deep": lib("c", rpath="/1"), "/r/b": lib("c", rpath="/2"),
        "/1/c": lib(), "/2/c": lib()}),
    "needed_is_taken_in_the_order_of_the_dynamic_section": case("/r/b /r/a", prog(rpath="/r", extra=[
        (NEEDED, "b"), (NEEDED, "a")]), {"/r/a": lib(), "/r/b": lib()}),
    "a_cycle_ends": case("/r/a /r/b", prog("a", rpath="/r"), {"/r/a": lib("b"), "/r/b": lib("a")}),
    "a_library_may_need_itself": case("/r/a", prog("a", rpath="/r"), {"/r/a": lib("a", soname="a")}),
    "the_loader_stands_where_it_is_first_needed": case("/r/a /r/b", prog("a", LD, "b", rpath="/r"), {
        "/r/a": lib(), "/r/b": lib()}),
    "what_is_asked_twice_is_loaded_once": case("/r/a", prog("a", "a", rpath="/r"), {"/r/a": lib()}),
    "what_is_missing_does_not_end_the_list": case("/r/b ?a", prog("a", "b", rpath="/r"), {"/r/b": lib()}),
    "a_program_without_needs_is_alone": case("", prog()),
    # --- identity ---
    "a_soname_that_is_loaded_answers": case("/r/a", prog("a", "real", rpath="/r"), {
        "/r/a": lib(soname="real"), "/r/real": lib()}),
    "a_soname_answers_only_once_it_is_loaded": case("/r/real /r/a", prog("real", "a", rpath="/r"), {
        "/r/a": lib(soname="real"), "/r/real": lib()}),
    "a_soname_need_not_be_the_name_of_the_file": case("/r/file", prog("file", "soname", rpath="/r"), {
        "/r/file": lib(soname="soname")}),
    "the_soname_of_the_program_answers": case("", prog("me", soname="me", rpath="/r"), {"/r/me": lib()}),
    "an_empty_name_is_the_program": case("/r/a", prog("", "a", rpath="/r"), {"/r/a": lib()}),
    "a_hardlink_is_the_same_object": case("/r/a", prog("a", "b", rpath="/r"), {"/r/a": lib(), "/r/b": hard("/r/a")}),
    "a_symlink_is_the_same_object": case("/r/a", prog("a", "b", rpath="/r"), {"/r/a": lib(), "/r/b": link("a")}),
    "a_copy_is_another_object": case("/r/a /r/b", prog("a", "b", rpath="/r"), {"/r/a": lib(), "/r/b": lib()}),
    "an_alias_answers_from_then_on": case("/r/a /r/c", prog("a", "b", "c", rpath="/r"), {
        "/r/a": lib(), "/r/b": link("a"), "/r/c": lib("b", runpath="/2"), "/2/b": lib()}),
    "a_path_that_is_loaded_answers": case("/r/a /r/b", prog("a", "b", rpath="/r"), {
        "/r/a": lib(), "/r/b": lib("/r/a", runpath="/none")}),
    "a_link_to_the_loader_is_a_second_copy": case("/r/ld", prog("ld", rpath="/r"), {
        "/r/ld": link("/lib64/" + LD)}),
    "the_loader_is_never_searched": case("/r/a", prog("a", LD, rpath="/r"), {"/r/a": lib(), "/r/" + LD: lib()}),
    "a_loader_behind_a_link_is_itself_and_its_own_name_another": case("/r/a /lib64/ldlink ?ldlink", prog(
        "a", LD, interp="/lib64/ldlink", runpath="/r"), {
            "/lib64/ldlink": link(LD), "/r/a": lib(LD, "ldlink"), "/r/ldlink": lib()}),
    "a_loader_below_a_linked_directory_keeps_its_path": case("/r/a /x/ld.so.1", prog(
        "a", interp="/x/ld.so.1", runpath="/r"), {"/x": link("/y"), "/y/ld.so.1": link("/lib64/" + LD), "/r/a": lib(LD)}),
    "what_the_kernel_maps_answers": case("/r/a", prog("linux-vdso.so.1", "a", rpath="/r"), {
        "/r/a": lib(), "/r/linux-vdso.so.1": lib()}),
    "what_the_kernel_of_others_maps_is_searched": case("/r/linux-gate.so.1", prog("linux-gate.so.1", rpath="/r"), {
        "/r/linux-gate.so.1": lib()}),
    "a_soname_with_a_slash_answers": case("/r/a", prog("a", "/q/a", rpath="/r"), {"/r/a": lib(soname="/q/a"), "/q/a": lib()}),
    "the_last_of_several_sonames_counts": case("/r/a /r/s1", prog("a", "s1", "s2", rpath="/r"), {
        "/r/a": lib(extra=[(SONAME, "s1"), (SONAME, "s2")]), "/r/s1": lib(), "/r/s2": lib()}),
    "a_library_without_soname_answers_to_what_it_was_asked_by": case("/r/a /r/b", prog("a", "b", "/r/a", rpath="/r"), {
        "/r/a": lib("b"), "/r/b": lib("./r/a", "a")}),
    "the_program_s_own_file_is_no_library": case("stops", prog("prog", rpath="/app/bin")),
    "auditors_are_not_of_the_list": case("/r/a", prog("a", rpath="/r", extra=[(AUDIT, "au"), (DEPAUDIT, "da")]), {
        "/r/a": lib(), "/r/au": lib(), "/r/da": lib()}),
    "a_name_that_one_does_not_find_another_may": case("/r/a /r/b /w/m ?m", prog("a", "b", rpath="/r"), {
        "/r/a": lib("m", runpath="/q"), "/r/b": lib("m", runpath="/w"), "/w/m": lib()}),
    # --- search paths ---
    "rpath_of_the_grandparent": case("/r/a /r/b /r/c", prog("a", rpath="/r"), {
        "/r/a": lib("b"), "/r/b": lib("c"), "/r/c": lib()}),
    "rpath_of_the_requester_comes_before_its_parent_s": case("/r/a /2/b", prog("a", rpath="/r"), {
        "/r/a": lib("b", rpath="/2"), "/r/b": lib(), "/2/b": lib()}),
    "runpath_is_not_inherited": case("/r/a ?b", prog("a", runpath="/r"), {"/r/a": lib("b"), "/r/b": lib()}),
    "runpath_hides_the_rpath_of_the_same_object": case("/2/a", prog("a", rpath="/r", runpath="/2"), {
        "/r/a": lib(), "/2/a": lib()}),
    "runpath_of_the_requester_hides_all_rpaths_above": case("/r/a ?b", prog("a", rpath="/r"), {
        "/r/a": lib("b", runpath="/none"), "/r/b": lib()}),
    "an_empty_runpath_hides_rpaths_too": case("/r/a ?b", prog("a", rpath="/r"), {
        "/r/a": lib("b", runpath=""), "/r/b": lib()}),
    "runpath_of_an_ancestor_does_not_end_the_chain": case("/r/a /r/b /r/c", prog("a", rpath="/r"), {
        "/r/a": lib("b", runpath="/r"), "/r/b": lib("c"), "/r/c": lib()}),
    "the_last_of_several_rpaths_counts": case("/2/a", prog("a", extra=[(RPATH, "/1"), (RPATH, "/2")]), {
        "/1/a": lib(), "/2/a": lib()}),
    "library_path_comes_after_rpath": case("/r/a", prog("a", rpath="/r"), {"/r/a": lib(), "/2/a": lib()},
                                           library_path="/2"),
    "library_path_comes_before_runpath": case("/2/a", prog("a", runpath="/r"), {"/r/a": lib(), "/2/a": lib()},
                                              library_path="/2"),
    "library_path_has_semicolons_too": case("/2/a /3/b", prog("a", "b"), {
        "/1;/2/a": lib(), "/2/a": lib(), "/3/b": lib()}, library_path="/1;/2:/3"),
    "library_path_is_searched_for_all": case("/2/a /2/b", prog("a"), {
        "/2/a": lib("b", runpath="/r"), "/2/b": lib(), "/r/b": lib()}, library_path="/2"),
    "runpath_comes_before_the_system_directories": case("/r/a", prog("a", runpath="/r"), {
        "/r/a": lib(), M + "/a": lib()}),
    "system_directories_are_searched_in_their_order": case(f"{M}/a /usr{M}/b /lib/c /usr/lib/d", prog("a", "b", "c", "d"), {
        M + "/a": lib(), f"/usr{M}/a": lib(), f"/usr{M}/b": lib(), "/lib/b": lib(), "/lib/c": lib(),
        "/usr/lib/c": lib(), "/usr/lib/d": lib()}),
    "an_empty_element_is_the_current_directory": case("/a", prog("a", rpath="/none::/r"), {"/a": lib(), "/r/a": lib()}),
    "an_empty_rpath_is_none": case("?a", prog("a", rpath=""), {"/a": lib()}),
    "a_relative_element_starts_at_the_current_directory": case("/r/a", prog("a", runpath="r"), {"/r/a": lib()}),
    "slashes_at_the_end_do_not_show": case("/r/a", prog("a", runpath="/r//"), {"/r/a": lib()}),
    "the_root_may_be_searched": case("/a", prog("a", runpath="/"), {"/a": lib()}),
    "a_list_has_colons_alone": case("?a", prog("a", rpath="/1;/2"), {"/2/a": lib()}),
    "runpath_below_a_linked_directory_and_origin": case(
        "/app/bin/../ln/sub/a /app/bin/../ln/sub/../x/b", prog("a", rpath="$ORIGIN/r", runpath="$ORIGIN/../ln/sub"), {
            "/app/real/sub/a": lib("b", rpath="$ORIGIN", runpath="$ORIGIN/../x"), "/app/ln": link("real"),
            "/app/real/x/b": lib(), "/app/real/sub/b": lib(), "/app/bin/r/a": lib()}),
    "the_same_directory_twice_changes_nothing": case("/2/a", prog("a", runpath="/r:/r/:/r//:/2"), {"/2/a": lib()}),
    "a_directory_that_is_a_loop_of_links_is_passed_over": case("/r/a", prog("a", runpath="/l1:/r"), {
        "/l1": link("l2"), "/l2": link("l1"), "/r/a": lib()}),
    "a_relative_directory_that_is_a_loop_ends_the_list": case("/lib/a", prog("a", runpath="l1:/r"), {
        "/l1": link("l2"), "/l2": link("l1"), "/r/a": lib(), "/lib/a": lib()}),
    "a_system_directory_that_is_a_loop_is_passed_over": case("/lib/a", prog("a"), {
        M: link("../lib/x86_64-linux-gnu"), "/lib/a": lib()}),
    "a_relative_directory_of_too_long_a_name_ends_the_list": case("?a", prog("a", rpath="x" * 300 + ":/r"), {"/r/a": lib()}),
    "a_relative_directory_with_the_longest_name_does_not": case("/r/a", prog("a", rpath="x" * 255 + ":/r"), {"/r/a": lib()}),
    "a_directory_of_too_long_a_name_is_passed_over": case("/r/a", prog("a", runpath="/" + "d" * 300 + ":/r"), {"/r/a": lib()}),
    "dots_in_a_path_stay": case("/d/../r/a", prog("a", runpath="/d/../r"), {"/d": DIR, "/r/a": lib()}),
    "a_directory_that_is_a_file_is_passed_over": case("/r/a", prog("a", runpath="/f:/r"), {"/f": b"x", "/r/a": lib()}),
    "a_relative_directory_that_is_a_file_ends_the_list": case("/lib/a", prog("a", runpath="f:/r"), {
        "/f": b"x", "/r/a": lib(), "/lib/a": lib()}),
    "an_absolute_directory_that_is_the_same_file_does_not": case("/2/a /r/b", prog("a", runpath="/2"), {
        "/2/a": lib("b", runpath="/f:/r", extra=[(RPATH, "f")]), "/r/b": lib(), "/f": b"x"}),
    # --- tokens ---
    "origin_of_the_program": case("/app/bin/../lib/a", prog("a", runpath="$ORIGIN/../lib"), {"/app/lib/a": lib()}),
    "origin_of_the_program_is_its_real_directory": case("/app/bin/a", prog("a", runpath="$ORIGIN"), {
        "/app/bin/a": lib(), "/ln/a": lib(), "/ln/prog": link("../app/bin/prog")}, program="/ln/prog"),
    "origin_of_a_library_keeps_the_links_it_was_found_by": case("/ln/a /ln/sub/b", prog("a", runpath="/ln"), {
        "/r/a": lib("b", runpath="$ORIGIN/sub"), "/r/sub/b": lib(), "/ln": link("r")}),
    "origin_of_a_linked_library_is_the_link_s_directory": case("/l/a /l/b", prog("a", runpath="/l"), {
        "/r/a": lib("b", runpath="$ORIGIN"), "/r/b": lib(), "/l/a": link("/r/a"), "/l/b": lib()}),
    "braces_do_not_matter": case("/app/bin/x/a", prog("a", runpath="${ORIGIN}/x"), {"/app/bin/x/a": lib()}),
    "a_longer_name_is_no_token": case("/$ORIGINX/a", prog("a", runpath="/$ORIGINX"), {"/$ORIGINX/a": lib()}),
    "an_unknown_token_stays": case("/${FOO}/a", prog("a", runpath="/${FOO}"), {"/${FOO}/a": lib()}),
    "lib_is_the_loader_s": case("/x/lib/x86_64-linux-gnu/a", prog("a", runpath="/x/$LIB"), {
        "/x/lib/x86_64-linux-gnu/a": lib()}),
    "lib_and_platform_in_braces": case(
        "/x/lib/x86_64-linux-gnu/a /y/x86_64/b /z/x86_64/lib/x86_64-linux-gnu/c",
        prog("a", "b", "c", runpath="/x/${LIB}:/y/${PLATFORM}:/z/$PLATFORM/$LIB"), {
            "/x/lib/x86_64-linux-gnu/a": lib(), "/y/x86_64/b": lib(), "/z/x86_64/lib/x86_64-linux-gnu/c": lib()}),
    "a_brace_that_is_not_closed_makes_no_token": case("/x/${LIB/a", prog("a", runpath="/x/${LIB"), {"/x/${LIB/a": lib()}),
    "what_may_follow_a_token": case("/x/lib/x86_64-linux-gnu-y/a /x/$LIB_y/b", prog("a", "b", runpath="/x/$LIB-y:/x/$LIB_y"), {
        "/x/lib/x86_64-linux-gnu-y/a": lib(), "/x/$LIB_y/b": lib()}),
    "a_dollar_alone_stays": case("/x$/a", prog("a", runpath="/x$:/y$$ORIGIN"), {"/x$/a": lib()}),
    "tokens_count_in_library_path": case("/app/bin/x/a", prog("a"), {"/app/bin/x/a": lib()}, library_path="$ORIGIN/x"),
    "origin_in_what_a_library_needs_is_the_library_s": case("/r/a /r/sub/b /r/../r/sub/c", prog("a", rpath="/r"), {
        "/r/a": lib("$ORIGIN/sub/b", "${ORIGIN}/../r/sub/c"), "/r/sub/b": lib(), "/r/sub/c": lib()}),
    "platform_in_needed_names": case("/x86_64/a /r/x86_64/b", prog("/$PLATFORM/a", "/r/${PLATFORM}/b"), {
        "/x86_64/a": lib(), "/r/x86_64/b": lib()}),
    "tokens_count_in_needed_names_too": case("/app/bin/x/a", prog("$ORIGIN/x/a"), {"/app/bin/x/a": lib()}),
    "a_name_with_a_token_but_no_slash_is_searched": case("/r/$FOOa", prog("$FOOa", runpath="/r"), {"/r/$FOOa": lib()}),
    # --- names with '/' ---
    "a_name_with_a_slash_is_opened_directly": case("/2/a", prog("/2/a", rpath="/r"), {"/2/a": lib(), "/r/a": lib()}),
    "a_relative_name_starts_at_the_current_directory": case("/2/a", prog("2/a", rpath="/r"), {
        "/2/a": lib(), "/r/2/a": lib()}),
    "a_name_with_a_slash_has_no_second_choice": case("?a", prog("/2/a", rpath="/r"), {"/r/a": lib()}),
    # --- what is passed over, what ends a list, what stops ---
    "another_machine_is_passed_over": case("/r/a", prog("a", runpath="/1:/r"), {
        "/1/a": lib(machine=AARCH64), "/r/a": lib()}),
    "another_class_is_passed_over": case("/r/a", prog("a", runpath="/1:/r"), {
        "/1/a": lib(machine=I386, bits=32), "/r/a": lib()}),
    "a_dangling_link_is_passed_over": case("/r/a", prog("a", runpath="/1:/r"), {"/1/a": link("none"), "/r/a": lib()}),
    "a_loop_of_links_ends_its_list": case("/lib/a", prog("a", runpath="/1:/r"), {
        "/1/a": link("a"), "/r/a": lib(), "/lib/a": lib()}),
    "a_loop_of_links_by_path_is_not_found": case("/r/b ?a", prog("/1/a", "b", runpath="/r"), {
        "/1/a": link("a"), "/r/b": lib()}),
    "forty_links_are_followed": case("/r/a0", prog("a0", runpath="/r"), {
        **{f"/r/a{n}": link(f"a{n + 1}") for n in range(40)}, "/r/a40": lib()}),
    "forty_one_are_too_many": case("?a0", prog("a0", runpath="/r"), {
        **{f"/r/a{n}": link(f"a{n + 1}") for n in range(41)}, "/r/a41": lib()}),
    "absolute_links_stay_in_the_root": case("/r/a", prog("a", runpath="/r"), {"/r/a": link("/2/b"), "/2/b": lib()}),
    "climbing_links_stop_at_the_root": case("/r/a", prog("a", runpath="/r"), {
        "/r/a": link("../../../../2/b"), "/2/b": lib()}),
    "the_gnu_osabi_is_taken": case("/r/a", prog("a", runpath="/r"), {"/r/a": lib(osabi=3)}),
    "another_osabi_stops": case("stops", prog("a", runpath="/1:/r"), {"/1/a": lib(osabi=9), "/r/a": lib()}),
    "an_abi_version_of_the_gnu_osabi_is_taken": case("/r/a", prog("a", runpath="/r"), {"/r/a": lib(osabi=3, abiversion=1)}),
    "...but_none_that_is_not_known": case("stops", prog("a", runpath="/r:/2"), {
        "/r/a": lib(osabi=3, abiversion=99), "/2/a": lib()}),
    "an_abi_version_of_no_osabi_stops": case("stops", prog("a", runpath="/r:/2"), {"/r/a": lib(abiversion=1), "/2/a": lib()}),
    "bytes_that_mean_nothing_have_to_be_0": case("stops", prog("a", runpath="/r:/2"), {"/r/a": lib(padding=1), "/2/a": lib()}),
    "...but_not_of_another_machine": case("/2/a", prog("a", runpath="/r:/2"), {
        "/r/a": lib(machine=AARCH64, padding=1), "/2/a": lib()}),
    "a_text_file_stops": case("stops", prog("a", runpath="/1:/r"), {"/1/a": b"INPUT(x)\n", "/r/a": lib()}),
    "an_empty_file_stops": case("stops", prog("a", runpath="/1:/r"), {"/1/a": b"", "/r/a": lib()}),
    "a_directory_of_that_name_stops": case("stops", prog("a", runpath="/1:/r"), {"/1/a": DIR, "/r/a": lib()}),
    "a_program_for_a_library_stops": case("stops", prog("a", runpath="/1:/r"), {
        "/1/a": lib(extra=[(FLAGS_1, PIE)]), "/r/a": lib()}),
    "an_object_file_stops": case("stops", prog("a", runpath="/1:/r"), {"/1/a": lib(kind=1), "/r/a": lib()}),
    "a_file_without_dynamic_section_stops": case("stops", prog("a", runpath="/1:/r"), {
        "/1/a": lib(dynamic=False), "/r/a": lib()}),
    "a_program_at_a_fixed_address_stops": case("stops", prog("a", rpath="/1:/r"), {"/1/a": lib(kind=EXEC), "/r/a": lib()}),
    "arm_s_osabi_stops_others": case("stops", prog("a", rpath="/1:/r"), {"/1/a": lib(osabi=64), "/r/a": lib()}),
    "the_name_of_the_current_directory_stops": case("stops", prog(".", "a", rpath="/r"), {"/r/a": lib()}),
    "a_name_below_a_file_is_not_found": case("/r/b ?a", prog("/f/a", "b", rpath="/f/x:/r"), {"/f": b"x", "/r/b": lib()}),
    # --- filters ---
    "a_filter_stands_before_its_requester": case("/r/f /r/a", prog("a", rpath="/r"), {
        "/r/a": lib(filters=["f"]), "/r/f": lib()}),
    "a_missing_filter_is_missing": case("/r/a ?f", prog("a", rpath="/r"), {"/r/a": lib(filters=["f"])}),
    "an_auxiliary_that_is_no_library_is_left_out": case("/r/a", prog("a", rpath="/r"), {
        "/r/a": lib(auxiliaries=["f"]), "/r/f": b"text"}),
    "an_auxiliary_has_the_search_path_of_its_requester": case("/2/f /r/a", prog("a", rpath="/r"), {
        "/r/a": lib(auxiliaries=["f"], runpath="/2"), "/2/f": lib(), "/r/f": lib()}),
    "a_filter_that_moves_up_answers_to_its_soname_first": case("/r/c /r/a /r/b /r/d", prog("a", "b", "c", "d", rpath="/r"), {
        "/r/a": lib(auxiliaries=["c", "b"]), "/r/b": lib(soname="b"), "/r/c": lib(soname="b"), "/r/d": lib("b")}),
    "filters_in_a_circle_stop": case("stops", prog("a", rpath="/r"), {
        "/r/a": lib(filters=["b"]), "/r/b": lib(filters=["a"])}),
    # --- the cache, DF_1_NODEFLIB ---
    "the_cache_comes_before_the_system_directories": case("/opt/a", prog("a"), {
        "/opt/a": lib(), "/lib/a": lib(), "/etc/ld.so.cache": cache(("a", "/opt/a"))}),
    "the_cache_comes_after_runpath": case("/r/a", prog("a", runpath="/r"), {
        "/opt/a": lib(), "/r/a": lib(), "/etc/ld.so.cache": cache(("a", "/opt/a"))}),
    "a_dead_line_of_the_cache_is_passed_over": case("/lib/a", prog("a"), {
        "/lib/a": lib(), "/etc/ld.so.cache": cache(("a", "/opt/a"))}),
    "a_dead_line_hides_the_live_one_behind_it": case("?a", prog("a"), {
        "/2/a": lib(), "/etc/ld.so.cache": cache(("a", "/1/a"), ("a", "/2/a"))}),
    "lines_for_other_machines_do_not_count": case("/2/a", prog("a"), {
        "/1/a": lib(), "/2/a": lib(), "/etc/ld.so.cache": cache(("a", "/1/a", 0xA03), ("a", "/2/a"))}),
    "numbers_in_a_cache_go_by_value": case("/r/a.9 /r/a.10", prog("a.9", "a.10"), {
        "/r/a.9": lib(), "/r/a.10": lib(), "/etc/ld.so.cache": cache(("a.10", "/r/a.10"), ("a.9", "/r/a.9"))}),
    "a_new_table_lies_behind_an_old_one": case("/opt/a", prog("a"), {
        "/opt/a": lib(), "/etc/ld.so.cache": cache(("a", "/opt/a"), base=b"ld.so-1.7.0\0\0\0\0\0")}),
    "a_cache_that_is_none_is_left_aside": case("/lib/a", prog("a"), {"/lib/a": lib(), "/etc/ld.so.cache": b"rubbish"}),
    "a_relative_line_of_the_cache_starts_at_the_current_directory": case("/opt/a", prog("a"), {
        "/opt/a": lib(), "/etc/ld.so.cache": cache(("a", "opt/a"))}),
    "a_line_of_the_cache_that_is_a_directory_stops": case("stops", prog("a"), {
        "/opt/a": DIR, "/lib/a": lib(), "/etc/ld.so.cache": cache(("a", "/opt/a"))}),
    "a_line_of_the_cache_that_is_no_library_stops": case("stops", prog("a"), {
        "/opt/a": b"text", "/lib/a": lib(), "/etc/ld.so.cache": cache(("a", "/opt/a"))}),
    "a_line_of_the_cache_for_another_class_is_passed_over": case("/lib/a", prog("a"), {
        "/opt/a": lib(machine=I386, bits=32), "/lib/a": lib(), "/etc/ld.so.cache": cache(("a", "/opt/a"))}),
    "a_line_of_the_cache_that_is_a_loop_is_passed_over": case("/lib/a", prog("a"), {
        "/opt/a": link("a"), "/lib/a": lib(), "/etc/ld.so.cache": cache(("a", "/opt/a"))}),
    "lines_of_the_cache_for_one_file_are_one_object": case("/opt/a", prog("a", "b"), {
        "/opt/a": lib(), "/opt/b": link("a"), "/etc/ld.so.cache": cache(("b", "/opt/b"), ("a", "/opt/a"))}),
    "a_cache_that_is_cut_is_left_aside": case("/lib/a", prog("a"), {
        "/opt/a": lib(), "/lib/a": lib(), "/etc/ld.so.cache": cache(("a", "/opt/a"))[:60]}),
    "a_cache_may_be_a_link": case("/opt/a", prog("a"), {
        "/opt/a": lib(), "/etc/ld.so.cache": link("/var/c"), "/var/c": cache(("a", "/opt/a"))}),
    "nodeflib_rules_out_what_lies_below_system_directories": case("?a ?b", prog("a", "b", nodeflib=True), {
        "/usr/lib/a": lib(), "/usr/lib/sub/b": lib(), "/etc/ld.so.cache": cache(("b", "/usr/lib/sub/b"), ("a", "/usr/lib/a"))}),
    "the_last_of_several_flags_counts": case("/lib/a", prog("a", extra=[(FLAGS_1, PIE | NODEFLIB), (FLAGS_1, PIE)]), {
        "/lib/a": lib()}),
    "nodeflib_leaves_system_directories_out": case("?a", prog("a", nodeflib=True), {"/lib/a": lib()}),
    "nodeflib_takes_other_lines_of_the_cache": case("/opt/a ?b", prog("a", "b", nodeflib=True), {
        "/opt/a": lib(), "/lib/b": lib(), "/etc/ld.so.cache": cache(("b", "/lib/b"), ("a", "/opt/a"))}),
    "nodeflib_is_not_inherited": case("/r/a /lib/b", prog("a", nodeflib=True, rpath="/r"), {
        "/r/a": lib("b"), "/lib/b": lib()}),
    # --- ld.so.conf where there is no cache ---
    "its_directories_are_searched_in_their_order": conf("/opt/b/liba.so", "liba.so", lines="/opt/b\n/opt/c\n", tree={
        "/opt/c/liba.so": lib()}),
    "comments_blanks_slashes_and_types_do_not_count": conf(
        "/opt/a/liba.so /opt/b/libb.so /opt/c/libc1.so", "liba.so", "libb.so", "libc1.so",
        lines="# /opt/x\n\n \t /opt/a// \t\r\n/opt/b=libc6\n\f/opt/c # /opt/x\n/\n", tree={"/opt/x/liba.so": lib()}),
    "a_relative_directory_starts_at_the_root": conf("/opt/a/liba.so", "liba.so", lines="opt/a\n"),
    "an_include_may_name_several_files": conf(
        "/opt/a/liba.so /opt/b/libb.so", "liba.so", "libb.so", lines="include 1.conf\t/etc/2.conf none\n",
        confs={"/etc/1.conf": "/opt/a\n", "/etc/2.conf": "/opt/b\n"}),
    "a_pattern_may_stand_in_any_part_of_a_path": conf(
        "/opt/a/liba.so /opt/b/libb.so", "liba.so", "libb.so", lines="include d*/[ab]/x.?onf\n",
        confs={"/etc/d1/a/x.conf": "/opt/a\n", "/etc/d2/b/x.conf": "/opt/b\n", "/etc/d2/c/x.conf": "/opt/c\n"},
        tree={"/opt/c/libc1.so": lib()}),
    "patterns_match_no_hidden_names": conf("/opt/a/liba.so", "liba.so", lines="include d/*/*.conf\n", confs={
        "/etc/d/.h/x.conf": "/opt/h\n", "/etc/d/a/.x.conf": "/opt/h\n", "/etc/d/a/x.conf": "/opt/a\n"}, tree={
            "/opt/h/liba.so": lib()}),
    "matches_are_sorted_by_the_path_as_a_whole": conf("/opt/a/liba.so", "liba.so", lines="include d/*/x\n", confs={
        "/etc/d/a.b/x": "/opt/a\n", "/etc/d/a/x": "/opt/b\n"}, tree={"/opt/b/liba.so": lib()}),
    "a_backslash_makes_a_pattern_a_name": conf("/opt/a/liba.so", "liba.so", lines="include d/\\*.conf\n", confs={
        "/etc/d/*.conf": "/opt/a\n", "/etc/d/b.conf": "/opt/b\n"}, tree={"/opt/b/liba.so": lib()}),
    "braces_are_no_pattern": conf("?liba.so", "liba.so", lines="include d/{a,b}.conf\n/opt/*\n", confs={
        "/etc/d/a.conf": "/opt/a\n"}, tree={"/opt/a/liba.so": lib()}),
    "an_include_ends_with_its_line": conf("?liba.so", "liba.so", lines="include a.conf\r\n", confs={
        "/etc/a.conf": "/opt/a\n"}, tree={"/opt/a/liba.so": lib()}),
    "an_include_of_an_include_starts_beside_it": conf("/opt/a/liba.so", "liba.so", lines="include d/a.conf\n", confs={
        "/etc/d/a.conf": "include b.conf\n", "/etc/d/b.conf": "/opt/a\n"}),
    "what_is_no_library_of_ours_is_left_out_of_a_cache": conf(
        "/opt/d/liba.so", "liba.so", lines="/opt/a\n/opt/b\n/opt/c\n/opt/d\n", tree={
            "/opt/a/liba.so": lib(machine=AARCH64), "/opt/b/liba.so": b"text", "/opt/c/liba.so": DIR}),
    "only_names_of_libraries_come_into_a_cache": conf("?plug.so", "plug.so", lines="/opt/a\n", tree={"/opt/a/plug.so": lib()}),
    "a_variant_below_a_configured_directory": conf(f"/opt/{V2}/liba.so", "liba.so", lines="/opt\n", tree={
        "/opt/liba.so": lib()}, level="v2"),
    "without_a_cache_the_loader_s_own_directories_come_first": conf("/opt/a/liba.so", "liba.so", lines="/opt/a\n", tree={
        "/lib/liba.so": lib()}, ours="/lib/liba.so"),
    # --- variants ---
    "the_baseline_looks_at_no_variant": case("/r/a", prog("a", runpath="/r"), {f"/r/{V2}/a": lib(), "/r/a": lib()}),
    "a_variant_comes_before_its_baseline": case(f"/r/{V3}/a", prog("a", runpath="/r"), {
        f"/r/{V4}/a": lib(), f"/r/{V3}/a": lib(), f"/r/{V2}/a": lib(), "/r/a": lib()}, level="v3"),
    "a_lower_variant_does_for_a_better_cpu": case(f"/r/{V2}/a", prog("a", runpath="/r"), {
        f"/r/{V2}/a": lib(), "/r/a": lib()}, level="v3"),
    "a_baseline_comes_before_a_variant_further_down": case("/r/a", prog("a", runpath="/r:/2"), {
        "/r/a": lib(), f"/2/{V2}/a": lib()}, level="v2"),
    "a_variant_without_baseline_is_found": case(f"/lib/{V2}/a", prog("a"), {f"/lib/{V2}/a": lib()}, level="v2"),
    "a_variant_that_does_not_fit_is_passed_over": case("/r/a", prog("a", runpath="/r"), {
        f"/r/{V2}/a": lib(machine=AARCH64), "/r/a": lib()}, level="v2"),
    "a_loop_of_links_among_variants_ends_nothing": case("/r/a", prog("a", runpath="/r"), {
        f"/r/{V2}/a": link("a"), "/r/a": lib()}, level="v2"),
    "the_best_variant_of_the_cache_counts": case("/3/a", prog("a"), {
        "/2/a": lib(), "/3/a": lib(), "/1/a": lib(), "/etc/ld.so.cache": cache(
            ("a", "/3/a", 0x303, 1 << 62 | 1), ("a", "/2/a", 0x303, 1 << 62), ("a", "/1/a"))}, level="v3"),
    "variants_of_the_cache_are_not_for_the_baseline": case("/1/a", prog("a"), {
        "/3/a": lib(), "/1/a": lib(), "/etc/ld.so.cache": cache(
            ("a", "/3/a", 0x303, 1 << 62 | 1), ("a", "/1/a"))}),
    "old_loaders_look_into_tls": case("/r/tls/a", prog("a", runpath="/r"), {"/r/tls/a": lib(), "/r/a": lib()}, before=237),
    "old_loaders_look_into_the_platform_s_directory": case("/r/x86_64/a", prog("a", runpath="/r"), {
        "/r/x86_64/a": lib(), "/r/a": lib()}, before=237),
    "tls_comes_before_the_platform": case("/r/tls/a", prog("a", runpath="/r"), {
        "/r/tls/a": lib(), "/r/x86_64/a": lib()}, before=237),
    "tls_entries_of_a_cache_count_for_old_loaders": case("/t/a", prog("a"), {
        "/t/a": lib(), "/1/a": lib(), "/etc/ld.so.cache": cache(("a", "/t/a", 0x303, 1 << 63), ("a", "/1/a"))}, before=237),
}
