//! The service's signing keys: one ES256 key a file in a folder. The newest signs; all of them verify, so that a key
//! can be rotated by putting a new file there.
use std::{fs, io::Write, path::Path};

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use p256::pkcs8::{EncodePrivateKey, LineEnding};

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("cannot read or write the key folder {folder}: {source}")]
    Folder { folder: String, source: std::io::Error },
    #[error("{file} is not an ES256 private key in PEM (PKCS#8)")]
    NotAKey { file: String },
    #[error("{file} is not a key of 32 bytes in hexadecimal")]
    NotALinkKey { file: String },
}

/// A key that verifies.
pub(super) struct Verifying {
    pub id: String,
    pub key: DecodingKey,
}

/// The keys of the service.
pub struct Keys {
    pub(super) signing: EncodingKey,
    pub(super) signing_id: String,
    pub(super) verifying: Vec<Verifying>,
    public: JwkSet,
}

impl Keys {
    /// Reads the keys of a folder, oldest name first; makes the folder and a first key where there is none.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Folder {
            folder: folder.display().to_string(),
            source,
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut files: Vec<_> = fs::read_dir(folder)
            .map_err(failed)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "pem"))
            .collect();
        files.sort();
        if files.is_empty() {
            let file = folder.join("signing-0001.pem");
            let pem = fresh_key().ok_or_else(|| KeyError::NotAKey {
                file: file.display().to_string(),
            })?;
            write_private(&file, &pem).map_err(failed)?;
            files.push(file);
        }
        let mut signing = None;
        let mut verifying = vec![];
        let mut public = JwkSet { keys: vec![] };
        for file in files {
            let not_a_key = || KeyError::NotAKey {
                file: file.display().to_string(),
            };
            let pem = fs::read(&file).map_err(failed)?;
            let key = EncodingKey::from_ec_pem(&pem).map_err(|_| not_a_key())?;
            let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(|_| not_a_key())?;
            let id = jwk
                .thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256)
                .map_err(|_| not_a_key())?;
            jwk.common.key_id = Some(id.clone());
            jwk.common.public_key_use = Some(PublicKeyUse::Signature);
            verifying.push(Verifying {
                id: id.clone(),
                key: DecodingKey::from_jwk(&jwk).map_err(|_| not_a_key())?,
            });
            public.keys.push(jwk);
            signing = Some((key, id));
        }
        let (signing, signing_id) = signing.ok_or_else(|| KeyError::NotAKey {
            file: folder.display().to_string(),
        })?;
        Ok(Self {
            signing,
            signing_id,
            verifying,
            public,
        })
    }

    /// The public keys, as others fetch them.
    pub fn public(&self) -> &JwkSet {
        &self.public
    }
}

fn fresh_key() -> Option<String> {
    // Any 32 random bytes are a key but for a vanishing few; then the next try is.
    let key = (0..8).find_map(|_| p256::SecretKey::from_slice(&rand::random::<[u8; 32]>()).ok())?;
    Some(key.to_pkcs8_pem(LineEnding::LF).ok()?.to_string())
}

/// Writes a file that nobody else can read, whole or not at all. Where another instance was faster, its file stays.
pub(super) fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    let draft = file.with_extension(uuid::Uuid::now_v7().simple().to_string());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&draft)?.write_all(text.as_bytes())?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    match linked {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}
