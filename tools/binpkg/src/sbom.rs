//! A bill of materials for a package (section 10.4): SPDX 2.3, from what the package itself says.

use serde_json::{Value as Json, json};

use crate::index::Expires;
use crate::metadata::Metadata;
use crate::recipe::Recipe;
use crate::sidecar::Sidecar;

/// The document, as one JSON value. It says nothing of when or where it was made: its time is that of the recipe.
pub fn spdx(metadata: &Metadata, sidecar: &Sidecar, recipe: &Recipe, created: u64) -> Json {
    let config_hash = metadata
        .config_hash_full
        .map_or_else(|| metadata.config_hash.to_string(), |hash| hash.hex());
    let id = |name: &str, hash: &str| {
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
            .collect();
        format!("SPDXRef-{name}-{}", hash.get(..8).unwrap_or(hash))
    };
    let own = id(metadata.name.as_str(), &config_hash);
    let mut packages = vec![json!({
        "SPDXID": own,
        "name": metadata.name,
        "versionInfo": metadata.version,
        "packageFileName": sidecar.file,
        "checksums": [{"algorithm": "SHA256", "checksumValue": sidecar.sha256}],
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "homepage": or_none(&metadata.homepage),
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": or_none(&metadata.license).unwrap_or("NOASSERTION"),
        "copyrightText": "NOASSERTION",
        "summary": or_none(&metadata.description),
        "comment": format!("config hash {config_hash}"),
    })];
    let mut relationships = vec![relation("SPDXRef-DOCUMENT", "DESCRIBES", &own)];
    let mut seen = vec![own.clone()];
    let mut add = |name: &str, version: Option<&str>, hash: &str, kind: &str, turned: bool| {
        let other = id(name, hash);
        if !seen.contains(&other) {
            packages.push(json!({
                "SPDXID": other,
                "name": name,
                "versionInfo": version,
                "downloadLocation": "NOASSERTION",
                "filesAnalyzed": false,
                "licenseConcluded": "NOASSERTION",
                "licenseDeclared": "NOASSERTION",
                "copyrightText": "NOASSERTION",
                "comment": format!("config hash {hash}"),
            }));
            seen.push(other.clone());
        }
        relationships.push(if turned {
            relation(&other, kind, &own)
        } else {
            relation(&own, kind, &other)
        });
    };
    for dep in &metadata.runtime_deps {
        add(
            dep.name.as_str(),
            Some(dep.version.as_str()),
            &dep.config_hash_full.hex(),
            "DEPENDS_ON",
            false,
        );
    }
    for dep in &recipe.deps {
        add(
            dep.name.as_str(),
            None,
            &dep.config_hash.hex(),
            "BUILD_DEPENDENCY_OF",
            true,
        );
    }
    for package in &mut packages {
        if let Some(fields) = package.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
    }
    let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(created);
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": sidecar.file,
        // No address, because nobody has to be asked; unique by what it describes.
        "documentNamespace": format!("urn:sha256:{}", sidecar.sha256),
        "creationInfo": {"created": Expires::at(time).to_string(), "creators": ["Tool: buckpack"]},
        "packages": packages,
        "relationships": relationships,
    })
}

fn relation(one: &str, kind: &str, two: &str) -> Json {
    json!({"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": two})
}

fn or_none(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use digest::Sha256;

    use super::*;

    #[test]
    fn what_is_in_it_and_what_it_was_built_with() {
        let (ncurses, cc) = (Sha256::of(b"ncurses"), Sha256::of(b"cc"));
        let metadata = Metadata::parse(
            format!(
                r#"{{"target": "//a:bash", "name": "bash", "version": "5.3", "config_hash": "86884539", "content_hash": "f44b10b1",
                "runtime_deps": [{{"name": "ncurses", "version": "6.5", "config_hash_full": "{ncurses}"}}], "license": "GPL-3.0-or-later"}}"#
            )
            .as_bytes(),
        )
        .unwrap();
        let recipe = format!(
            r#"{{"schema":"binpkg-recipe/1","epoch":1,"name":"bash","version":"5.3","use":{{}},"platform":{{}},"sources":[],
            "toolchain":{{"id":"cc","version":"1","target":"t","identity":"i"}},"patches":[],"phases":[],"env":{{}},"tools":[],
            "deps":[{{"role":"link","name":"ncurses","config_hash":"{ncurses}"}},{{"role":"build","name":"c++","config_hash":"{cc}"}}],
            "transforms":[],"layout":{{"kind":"root","prefix":"/usr","libdir":"lib"}}}}"#
        );
        let sidecar = Sidecar::new(&metadata, "bash.tar.gz".into(), Sha256::of(b""), 7);
        let document = spdx(&metadata, &sidecar, &Recipe::parse(&recipe).unwrap(), 315_532_800);
        assert_eq!(document["creationInfo"]["created"], "1980-01-01T00:00:00Z");
        assert_eq!(document["packages"][0]["licenseDeclared"], "GPL-3.0-or-later");
        assert!(document["packages"][0].get("homepage").is_none());
        let packages: Vec<_> = document["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|package| package["SPDXID"].as_str().unwrap())
            .collect();
        let ids = [
            format!("SPDXRef-ncurses-{}", ncurses.short()),
            format!("SPDXRef-c---{}", cc.short()),
        ];
        assert_eq!(packages, ["SPDXRef-bash-86884539", &ids[0], &ids[1]]);
        let relationships: Vec<_> = document["relationships"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                ["spdxElementId", "relationshipType", "relatedSpdxElement"]
                    .map(|key| one[key].as_str().unwrap())
                    .join(" ")
            })
            .collect();
        assert_eq!(
            relationships,
            [
                "SPDXRef-DOCUMENT DESCRIBES SPDXRef-bash-86884539".to_owned(),
                format!("SPDXRef-bash-86884539 DEPENDS_ON {}", ids[0]),
                format!("{} BUILD_DEPENDENCY_OF SPDXRef-bash-86884539", ids[1]),
                format!("{} BUILD_DEPENDENCY_OF SPDXRef-bash-86884539", ids[0]),
            ]
        );
    }
}
