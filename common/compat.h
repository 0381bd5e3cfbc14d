/*
 * compat - libraries as old as the floor (json-c 0.13, SQLite 3.26, libcurl 7.61, libmicrohttpd 0.9.59, glibc 2.28), and what
 * newer ones do better.
 *
 * Stands after the libraries' headers; of each library that a file includes it gives what is named here. -DCOMPAT_FLOOR
 * takes the old way whatever the library, so that one machine can compile both.
 */
#ifndef COMMON_COMPAT_H
#define COMMON_COMPAT_H

#ifdef COMPAT_FLOOR
#    define COMPAT_HAS(library, since) 0
#else
#    define COMPAT_HAS(library, since) ((library) >= (since))
#endif

/* compat_parse_end(tokener): how many bytes it has read. */
#ifdef JSON_C_VERSION_NUM
#    if COMPAT_HAS(JSON_C_VERSION_NUM, 14 << 8)
#        define compat_parse_end(tokener) json_tokener_get_parse_end(tokener)
#    else
#        define compat_parse_end(tokener) ((size_t)(tokener)->char_offset)
#    endif
#endif

/*
 * COMPAT_NOFOLLOW: a flag for opening a database: no symbolic link is followed. Before SQLite 3.31 there is none; who opens
 * looks at the name afterwards. COMPAT_TRUSTED_SCHEMA: an option of sqlite3_db_config(), only where there is one.
 */
#ifdef SQLITE_VERSION_NUMBER
#    if COMPAT_HAS(SQLITE_VERSION_NUMBER, 3031000)
#        define COMPAT_NOFOLLOW       SQLITE_OPEN_NOFOLLOW
#        define COMPAT_TRUSTED_SCHEMA SQLITE_DBCONFIG_TRUSTED_SCHEMA
#    else
#        define COMPAT_NOFOLLOW 0
#    endif
#endif

/*
 * COMPAT_PROTOCOLS_STR: libcurl 7.85 takes protocols as words, and calls the old way deprecated. COMPAT_UNTRUSTED: until 7.61
 * a certificate that nobody vouches for had a code of its own, which since then is CURLE_PEER_FAILED_VERIFICATION, too.
 */
#ifdef LIBCURL_VERSION_NUM
#    if LIBCURL_VERSION_NUM < 0x073E00
#        define COMPAT_UNTRUSTED CURLE_SSL_CACERT
#    endif
#    if COMPAT_HAS(LIBCURL_VERSION_NUM, 0x075500)
#        define COMPAT_PROTOCOLS_STR
#    endif
#endif

/* COMPAT_MHD_RESULT: what callbacks of libmicrohttpd return; a plain number until 0.9.70. */
#ifdef MHD_VERSION
#    if MHD_VERSION < 0x00097002
#        define COMPAT_MHD_RESULT int
#    else
#        define COMPAT_MHD_RESULT enum MHD_Result
#    endif
#endif

/* glibc has no name for it: https://sourceware.org/bugzilla/show_bug.cgi?id=27417 */
#if defined(SIGEV_THREAD_ID) && !defined(sigev_notify_thread_id)
#    define sigev_notify_thread_id _sigev_un._tid
#endif

#if defined(SMB_SUPER_MAGIC) && !defined(CIFS_SUPER_MAGIC)
#    define CIFS_SUPER_MAGIC 0xFF534D42
#endif
#if defined(SMB_SUPER_MAGIC) && !defined(SMB2_SUPER_MAGIC)
#    define SMB2_SUPER_MAGIC 0xFE534D42
#endif

#endif
