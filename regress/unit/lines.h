/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * lines.h: what the tests of anchors share: rules as lines of a table (lines.c).
 */
#ifndef _LINES_H_
#define _LINES_H_

#include "unit.h"

struct pf_pdesc;

struct lines {
	struct sim		*sim;
	struct sim_node		*n;
	struct pf_client	*a, *b;		/* two programs */
};

/* A rule, and where it stands.  Packets are UDP to a port. */
struct line {
	const char	*in;		/* anchor */
	const char	*call;		/* or NULL: a rule with a label */
	const char	*label;
	uint16_t	 port;		/* 0: any */
	bool		 quick;
};

/* A node with the interface eth0, whose index is 1, and two clients. */
int	 lines_setup(void **state);
int	 lines_teardown(void **state);

struct pf_rule lines_rule(const struct line *);

/* A transaction of program a.  lines_end() rolls it back if it still is, and frees it. */
struct lines_trans {
	struct pfioc_trans	 io;
	struct pfioc_trans_e	*e;
};
void	 lines_element(struct lines_trans *, uint32_t type, const char *anchor);
int	 lines_begin(struct lines *, struct lines_trans *);
int	 lines_commit(struct lines *, struct lines_trans *);
void	 lines_end(struct lines *, struct lines_trans *);
int	 lines_add(struct lines *, struct lines_trans *, const struct line *);

/* Load filter rulesets of these n lines: of the main ruleset at least, and of the anchors
 * `also', whose last is NULL.  0 or errno. */
int	 lines_load(struct lines *, const struct line *, unsigned int n,
	    const char *const *also);
/* Empty all rulesets. */
void	 lines_clear(struct lines *);
/* All anchors and rules below path as text, with tickets if so; and the assertion that this
 * is the text of all. */
void	 lines_tree(struct lines *, const char *path, char *text, size_t size, bool tickets);
void	 lines_are(struct lines *, const char *want);

/* A packet to that port, as the rules see it. */
void	 lines_packet(struct lines *, struct pf_pdesc *, uint16_t port);
/* Which rule decides: "label anchor-rule path", with - for what there is not; or "failed". */
void	 lines_decide(struct lines *, uint16_t port, char text[256]);

#endif /* _LINES_H_ */
