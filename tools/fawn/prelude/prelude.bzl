"""The stock rules: every public symbol here is known in every file, and `native` spreads into build files."""

load(":rules.bzl", "rules")

alias = rules["alias"]
command_alias = rules["command_alias"]
config_setting = rules["config_setting"]
configuration_alias = rules["configuration_alias"]
configured_alias = rules["configured_alias"]
constraint = rules["constraint"]
constraint_setting = rules["constraint_setting"]
constraint_value = rules["constraint_value"]
exec_platform_marker_constraint = rules["exec_platform_marker_constraint"]
export_file = rules["export_file"]
filegroup = rules["filegroup"]
genrule = rules["genrule"]
http_archive = rules["http_archive"]
http_file = rules["http_file"]
platform = rules["platform"]
sh_binary = rules["sh_binary"]
sh_test = rules["sh_test"]

native = struct(
    get_base_path = get_base_path,
    get_cell_name = get_cell_name,
    get_parent_modifiers = get_parent_modifiers,
    glob = glob,
    host_info = host_info,
    implicit_package_symbol = implicit_package_symbol,
    oncall = oncall,
    package = package,
    package_name = package_name,
    read_config = read_config,
    read_package_value = read_package_value,
    read_parent_package_value = read_parent_package_value,
    read_root_config = read_root_config,
    repository_name = repository_name,
    rule_exists = rule_exists,
    select_map = select_map,
    select_test = select_test,
    set_cfg_constructor = set_cfg_constructor,
    set_modifiers = set_modifiers,
    write_package_value = write_package_value,
    **rules
)
