"""All stock rules by name."""

load("//configurations:constraint.bzl", "constraint", "exec_platform_marker_constraint")
load("//configurations:legacy.bzl", "constraint_setting", "constraint_value")
load("//configurations:platform.bzl", "config_setting", "configuration_alias", "platform")
load("//rules:alias.bzl", "alias")
load("//rules:command_alias.bzl", "command_alias")
load("//rules:configured_alias.bzl", "configured_alias_macro")
load("//rules:export_file.bzl", "export_file_macro")
load("//rules:filegroup.bzl", "filegroup")
load("//rules:genrule.bzl", "genrule")
load("//rules:http_archive.bzl", "http_archive")
load("//rules:http_file.bzl", "http_file")
load("//rules:sh_binary.bzl", "sh_binary")
load("//rules:sh_test.bzl", "sh_test")

rules = {
    "alias": alias,
    "command_alias": command_alias,
    "config_setting": config_setting,
    "configuration_alias": configuration_alias,
    "configured_alias": configured_alias_macro,
    "constraint": constraint,
    "constraint_setting": constraint_setting,
    "constraint_value": constraint_value,
    "exec_platform_marker_constraint": exec_platform_marker_constraint,
    "export_file": export_file_macro,
    "filegroup": filegroup,
    "genrule": genrule,
    "http_archive": http_archive,
    "http_file": http_file,
    "platform": platform,
    "sh_binary": sh_binary,
    "sh_test": sh_test,
}
