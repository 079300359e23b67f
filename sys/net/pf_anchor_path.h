/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_anchor_path.h: paths of anchors, for the kernel and for pfctl
 *
 * What it owns.  Nothing: it is about strings.  A path is "a/b/c", and "" for
 * the main ruleset.  A rule says which anchor it calls in more ways than that.
 * Locking.  None.
 * Place.  First floor.  A program defines PF_NO_HOST, and has errno.h and
 * string.h before it.
 */
#ifndef _NET_PF_ANCHOR_PATH_H_
#define _NET_PF_ANCHOR_PATH_H_

#ifndef PF_NO_HOST
#include "pf_host.h"
#endif
#include "pfvar.h"

/*
 * The way in which a rule calls an anchor: by an absolute path such as `/a/b',
 * or by a path relative to the anchor that the rule stands in.
 */
struct pf_call_kind {
	uint8_t		 wildcard;	/* path ends in `*': all anchors */
					/* directly below it are called */
	uint8_t		 relative;	/* 0: absolute path; otherwise 1 */
					/* and the number of `..' in it */
};

/* The length of the first part of the path s. */
static inline size_t
anchor_part_len(const char *s)
{
	size_t	len = 0;

	while (s[len] != '\0' && s[len] != '/')
		len++;
	return (len);
}

/* Whether the len bytes at s can be the name of an anchor. */
static inline bool
anchor_part_ok(const char *s, size_t len)
{
	size_t	i;

	if (len == 0 || len >= PF_ANCHOR_NAME_SIZE)
		return (false);
	if (s[0] == '.' && (len == 1 || (len == 2 && s[1] == '.')))
		return (false);
	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f || s[i] == '*')
			return (false);
	return (true);
}

/*
 * Whether a path is sound: "" for the main ruleset, or names of anchors with
 * one slash between two of them, at most PF_ANCHOR_DEPTH names.  Here and below
 * a path has room for PF_ANCHOR_PATH_SIZE bytes.
 */
static inline bool
anchor_path_ok(const char *path)
{
	unsigned int	depth;
	size_t		len;

	if (strnlen(path, PF_ANCHOR_PATH_SIZE) == PF_ANCHOR_PATH_SIZE)
		return (false);
	if (path[0] == '\0')
		return (true);
	for (depth = 0; depth < PF_ANCHOR_DEPTH; depth++) {
		len = anchor_part_len(path);
		if (!anchor_part_ok(path, len))
			return (false);
		if (path[len] == '\0')
			return (true);
		path += len + 1;
	}
	return (false);
}

/* Remove the last part of a path of *len bytes.  false: the path has no
 * parts. */
static inline bool
anchor_path_up(char *path, size_t *len)
{
	size_t	at = *len;

	if (at == 0)
		return (false);
	while (at > 0 && path[at - 1] != '/')
		at--;
	*len = at > 0 ? at - 1 : 0;
	path[*len] = '\0';
	return (true);
}

/*
 * The path of the anchor that a rule of anchor `base' calls as `call', and the
 * kind of that call.  0, EINVAL.
 */
static inline int
anchor_resolve(const char *base, const char *call, char *path,
    struct pf_call_kind *kind)
{
	size_t	len = 0, n;

	memset(kind, 0, sizeof(*kind));
	path[0] = '\0';
	if (call[0] != '/') {
		kind->relative = 1;
		len = strlen(base);
		memcpy(path, base, len + 1);
	}
	for (; call[0] != '\0'; call += n) {
		if (call[0] == '/') {
			n = 1;
			continue;
		}
		n = anchor_part_len(call);
		if (kind->wildcard)
			return (EINVAL);		/* behind the star */
		if (n == 1 && call[0] == '*') {
			kind->wildcard = 1;
		} else if (n == 2 && call[0] == '.' && call[1] == '.') {
			if (!anchor_path_up(path, &len) || kind->relative == 0)
				return (EINVAL);
			kind->relative++;
		} else {
			if (!anchor_part_ok(call, n) ||
			    len + 1 + n >= PF_ANCHOR_PATH_SIZE)
				return (EINVAL);
			if (len > 0)
				path[len++] = '/';
			memcpy(path + len, call, n);
			len += n;
			path[len] = '\0';
		}
	}
	/* nothing calls the main ruleset */
	if ((len == 0 && !kind->wildcard) || !anchor_path_ok(path))
		return (EINVAL);
	return (0);
}

#endif /* _NET_PF_ANCHOR_PATH_H_ */
