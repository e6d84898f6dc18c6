//! Secrets of links in invitations: made of a key of the service, so that none need be kept to be made again.
use std::{fs, io::ErrorKind, path::Path};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::vocabulary::InvitationId;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::keys::{KeyError, write_private};
use crate::http::reply::{hex, unhex};

const FILE: &str = "invitations.key";

/// What links are made with.
pub struct LinkKey(Vec<u8>);

impl LinkKey {
    /// Reads the key of a folder; makes one where there is none.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        let file = folder.join(FILE);
        let failed = |source| KeyError::Folder {
            folder: folder.display().to_string(),
            source,
        };
        match fs::read_to_string(&file) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                write_private(&file, &hex(&rand::random::<[u8; 32]>())).map_err(failed)?;
            }
            found => {
                found.map_err(failed)?;
            }
        }
        let text = fs::read_to_string(&file).map_err(failed)?;
        let key = unhex(text.trim()).filter(|key| key.len() == 32);
        key.map(Self).ok_or_else(|| KeyError::NotALinkKey {
            file: file.display().to_string(),
        })
    }

    /// The secret of an invitation's link, 256 bits; `reminder` is 0 for the first that is sent, then 1, 2, 3 …
    pub fn secret(&self, invitation: InvitationId, reminder: u32) -> String {
        // A key of any length will do.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return String::new();
        };
        mac.update(invitation.0.as_bytes());
        mac.update(&reminder.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_again_and_differs_for_each_invitation_and_reminder() {
        let folder = std::env::temp_dir().join(format!("links-{}", uuid::Uuid::now_v7()));
        fs::create_dir_all(&folder).unwrap();
        let (one, again) = (LinkKey::open(&folder).unwrap(), LinkKey::open(&folder).unwrap());
        let (a, b) = (
            InvitationId(uuid::Uuid::from_u128(1)),
            InvitationId(uuid::Uuid::from_u128(2)),
        );
        assert_eq!(one.secret(a, 0), again.secret(a, 0));
        assert_eq!(one.secret(a, 0).len(), 43);
        assert_ne!(one.secret(a, 0), one.secret(a, 1));
        assert_ne!(one.secret(a, 0), one.secret(b, 0));
        fs::write(folder.join(FILE), "short").unwrap();
        assert!(LinkKey::open(&folder).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
