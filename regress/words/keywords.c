// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * keywords.c: every keyword of pf.conf, one a line, as the scanner has them.
 */
#include "parser.h"

int
main(void)
{
	const char *word;
	size_t i;

	for (i = 0; (word = keyword_name(i)) != NULL; i++)
		puts(word);
	return (0);
}
