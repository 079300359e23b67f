/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * compat.h: where kernel versions differ, from 6.1 on
 *
 * The only file that looks at LINUX_VERSION_CODE.  Each piece says which kernel
 * wants it.  Owns nothing.  Floor: below the whole host.
 */
#ifndef _LINUX_PF_COMPAT_H_
#define _LINUX_PF_COMPAT_H_

#include <linux/limits.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "pf needs Linux 6.1 or newer"
#endif

/* The limits by their C11 names, which no kernel has. */
#ifndef UINT8_MAX
#define UINT8_MAX	U8_MAX
#endif
#ifndef UINT16_MAX
#define UINT16_MAX	U16_MAX
#endif
#ifndef UINT32_MAX
#define UINT32_MAX	U32_MAX
#endif
#ifndef UINT64_MAX
#define UINT64_MAX	U64_MAX
#endif
#ifndef INT32_MAX
#define INT32_MAX	S32_MAX
#endif
#ifndef INT64_MAX
#define INT64_MAX	S64_MAX
#endif

#endif /* _LINUX_PF_COMPAT_H_ */
