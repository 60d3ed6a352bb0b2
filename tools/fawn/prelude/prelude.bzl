"""The rules that every build file has without loading them: the stock ones that fawn knows.

Same names, attributes and meaning as in Buck2's bundled prelude, whose place this one takes under fawn.
"""

load("@prelude//rules:alias.bzl", _alias = "alias", _configured_alias = "configured_alias")
load("@prelude//rules:command_alias.bzl", _command_alias = "command_alias")
load("@prelude//rules:export_file.bzl", _export_file = "export_file")
load("@prelude//rules:filegroup.bzl", _filegroup = "filegroup")
load("@prelude//rules:genrule.bzl", _genrule = "genrule")
load("@prelude//rules:http_archive.bzl", _http_archive = "http_archive")
load("@prelude//rules:http_file.bzl", _http_file = "http_file")
load("@prelude//rules:sh_binary.bzl", _sh_binary = "sh_binary")
load("@prelude//rules:sh_test.bzl", _sh_test = "sh_test")
load("@prelude//configurations:constraint.bzl", _constraint = "constraint", _constraint_setting = "constraint_setting", _constraint_value = "constraint_value")
load("@prelude//configurations:setting.bzl", _config_setting = "config_setting", _configuration_alias = "configuration_alias", _platform = "platform")

native = struct(
    alias = _alias,
    command_alias = _command_alias,
    config_setting = _config_setting,
    configuration_alias = _configuration_alias,
    configured_alias = _configured_alias,
    constraint = _constraint,
    constraint_setting = _constraint_setting,
    constraint_value = _constraint_value,
    export_file = _export_file,
    filegroup = _filegroup,
    genrule = _genrule,
    http_archive = _http_archive,
    http_file = _http_file,
    platform = _platform,
    sh_binary = _sh_binary,
    sh_test = _sh_test,
)
