//! Users and access lists.

#![allow(unsafe_code, reason = "system calls that nothing wraps")]

use std::ffi::c_void;
use std::fs::OpenOptions;
use std::io;
use std::mem::{offset_of, size_of};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{GENERIC_ALL, GENERIC_WRITE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1,
    SE_FILE_OBJECT,
};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACL, DACL_SECURITY_INFORMATION, EqualSid, GetAce, GetSidSubAuthority, GetSidSubAuthorityCount,
    GetTokenInformation, INHERIT_ONLY_ACE, IsWellKnownSid, OWNER_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
    SECURITY_ATTRIBUTES, TOKEN_ELEVATION, TOKEN_QUERY, TOKEN_USER, TokenElevation, TokenUser, WELL_KNOWN_SID_TYPE,
    WinAnonymousSid, WinAuthenticatedUserSid, WinBuiltinAdministratorsSid, WinBuiltinGuestsSid, WinBuiltinUsersSid,
    WinInteractiveSid, WinLocalSystemSid, WinNetworkSid, WinWorldSid,
};
use windows_sys::Win32::Storage::FileSystem::{
    CreateDirectoryW, DELETE, FILE_APPEND_DATA, FILE_DELETE_CHILD, FILE_FLAG_BACKUP_SEMANTICS, FILE_WRITE_DATA,
    READ_CONTROL, WRITE_DAC, WRITE_OWNER,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use crate::Flaw;
use crate::windows_path::verbatim;

/// Rights that let somebody put other files where ours are.
const CHANGES: u32 = FILE_WRITE_DATA
    | FILE_APPEND_DATA
    | FILE_DELETE_CHILD
    | DELETE
    | WRITE_DAC
    | WRITE_OWNER
    | GENERIC_WRITE
    | GENERIC_ALL;

/// Groups that somebody belongs to without being chosen.
const EVERYBODY: [WELL_KNOWN_SID_TYPE; 7] = [
    WinWorldSid,
    WinAuthenticatedUserSid,
    WinBuiltinUsersSid,
    WinBuiltinGuestsSid,
    WinInteractiveSid,
    WinNetworkSid,
    WinAnonymousSid,
];

/// Entries of an access list that allow something.
const ALLOWED: u8 = 0;

/// What the system allocated and we free.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a call that says to free it so.
        unsafe { LocalFree(self.0) };
    }
}

fn check(success: i32) -> io::Result<()> {
    if success == 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// An answer about a token: large enough for a user, aligned for every class. It may point into itself, so it stays where
/// it is.
type Answer = Box<[u64; 32]>;

/// What the token of this process says about `class`.
fn of_token(class: i32) -> io::Result<Answer> {
    let (mut token, mut answer, mut length) = (null_mut(), Answer::new([0; 32]), 0);
    // SAFETY: the handle is written before it is owned, and the answer is as long as said.
    unsafe {
        check(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token))?;
        let token = OwnedHandle::from_raw_handle(token);
        let room = size_of::<[u64; 32]>() as u32;
        check(GetTokenInformation(
            token.as_raw_handle(),
            class,
            answer.as_mut_ptr().cast(),
            room,
            &raw mut length,
        ))?;
    }
    Ok(answer)
}

/// The identifier of the user in an answer of [`of_token`], valid as long as that.
fn user_in(answer: &Answer) -> PSID {
    // SAFETY: the system filled it with this structure.
    unsafe { (*answer.as_ptr().cast::<TOKEN_USER>()).User.Sid }
}

/// The last number of the user's identifier: it names the user among those of the same machine or domain.
pub fn effective_user() -> u32 {
    let Ok(answer) = of_token(TokenUser) else { return 0 };
    let user = user_in(&answer);
    // SAFETY: a valid identifier has at least one number.
    unsafe {
        match *GetSidSubAuthorityCount(user) {
            0 => 0,
            count => *GetSidSubAuthority(user, u32::from(count) - 1),
        }
    }
}

/// Whether this process has an administrator's rights.
pub fn is_root() -> bool {
    // SAFETY: the system filled the answer with this structure.
    of_token(TokenElevation)
        .is_ok_and(|answer| unsafe { (*answer.as_ptr().cast::<TOKEN_ELEVATION>()).TokenIsElevated != 0 })
}

/// Makes a directory that takes over nothing of its parent's access list.
pub fn create_private(path: &Path) -> io::Result<()> {
    let answer = of_token(TokenUser)?;
    // Everything to the system, the administrators and the user, and so for all that comes to be in it.
    let text = format!(
        "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{})",
        text_of(user_in(&answer))?
    );
    let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let mut descriptor: PSECURITY_DESCRIPTOR = null_mut();
    // SAFETY: the text ends with a zero.
    check(unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &raw mut descriptor,
            null_mut(),
        )
    })?;
    let descriptor = Local(descriptor);
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor.0,
        bInheritHandle: 0,
    };
    let wide: Vec<u16> = path.as_os_str().encode_wide().collect();
    let wide: Vec<u16> = verbatim(&wide).into_iter().chain([0]).collect();
    // SAFETY: the path ends with a zero, and the descriptor lives until after the call.
    check(unsafe { CreateDirectoryW(wide.as_ptr(), &raw const attributes) })
}

/// What the directory's owner or access list makes unsafe.
pub fn flaw_of(path: &Path) -> io::Result<Option<Flaw>> {
    let directory = OpenOptions::new()
        .access_mode(READ_CONTROL)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
        .open(path)?;
    let (mut owner, mut list, mut descriptor): (PSID, *mut ACL, PSECURITY_DESCRIPTOR) =
        (null_mut(), null_mut(), null_mut());
    // SAFETY: all three are written by a call that succeeds; owner and list lie within the descriptor.
    let code = unsafe {
        GetSecurityInfo(
            directory.as_raw_handle(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            &raw mut owner,
            null_mut(),
            &raw mut list,
            null_mut(),
            &raw mut descriptor,
        )
    };
    if code != 0 {
        return Err(io::Error::from_raw_os_error(code as i32));
    }
    let _descriptor = Local(descriptor);
    let answer = of_token(TokenUser)?;
    let is = |sid, known| unsafe { IsWellKnownSid(sid, known) != 0 };
    // SAFETY: both are valid identifiers.
    let own = unsafe { EqualSid(owner, user_in(&answer)) != 0 };
    if !own && !is(owner, WinBuiltinAdministratorsSid) && !is(owner, WinLocalSystemSid) {
        let (owner, user) = (text_of(owner)?, text_of(user_in(&answer))?);
        return Ok(Some(Flaw::Access(format!("belongs to {owner}, expected {user}"))));
    }
    if list.is_null() {
        return Ok(Some(Flaw::Access("can be written by everybody".to_owned())));
    }
    // SAFETY: the list was written by the system, and holds as many entries as it says.
    let entries = (0..unsafe { (*list).AceCount }).map(u32::from);
    for number in entries {
        let mut entry = null_mut();
        // SAFETY: as above.
        check(unsafe { GetAce(list, number, &raw mut entry) })?;
        let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
        // SAFETY: every entry begins with this header, and one that allows is this structure; its identifier begins
        // in the last field.
        let (header, mask, who) = unsafe {
            let sid = entry
                .byte_add(offset_of!(ACCESS_ALLOWED_ACE, SidStart))
                .cast::<c_void>();
            ((*entry).Header, (*entry).Mask, sid)
        };
        let counts = header.AceType == ALLOWED && u32::from(header.AceFlags) & INHERIT_ONLY_ACE == 0;
        if counts && mask & CHANGES != 0 && EVERYBODY.into_iter().any(|known| is(who, known)) {
            let who = text_of(who)?;
            return Ok(Some(Flaw::Access(format!(
                "can be written by others (its access list lets {who} do so)"
            ))));
        }
    }
    Ok(None)
}

/// An identifier as text, such as `S-1-5-18`.
fn text_of(sid: PSID) -> io::Result<String> {
    let mut text = null_mut();
    // SAFETY: the identifier is valid; the text is written by a call that succeeds, ends with a zero and is ours to free.
    unsafe {
        check(ConvertSidToStringSidW(sid, &raw mut text))?;
        let text = Local(text.cast());
        let units = text.0.cast::<u16>();
        let length = (0..).take_while(|&place| *units.add(place) != 0).count();
        Ok(String::from_utf16_lossy(std::slice::from_raw_parts(units, length)))
    }
}
