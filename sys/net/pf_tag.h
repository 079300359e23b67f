/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_tag.h: tags, the names that rules give to packets
 *
 * What it owns.  The pf_tags.  Rules use names; a packet carries a number, which
 * its host keeps for it (pf_pkt_tag()).  0 stands for no tag.
 * Life.  A tag is made when a rule first uses its name.  It keeps its number while
 * rules and states refer to it; pf_tags_purge() frees it afterwards.
 * Locking.  Tags are made and freed with pf->ctl held.  References may be taken and
 * dropped in any context.  pf_instance.h explains the marks of members.
 * Place.  Second floor.
 */
#ifndef _NET_PF_TAG_H_
#define _NET_PF_TAG_H_

#include "pf_host.h"
#include "pfvar.h"

struct pf;

#define PF_TAGS_MAX	65535		/* a number has 16 bits */

struct pf_tag {
	struct pf_rb_node node;		/* [c] by name; must be first */
	struct pf_atomic refs;
	uint16_t	 nr;		/* [i] 1 to PF_TAGS_MAX */
	char		 name[PF_TAG_NAME_SIZE]; /* [i] */
};

struct pf_tags {
	struct pf_rb_root by_name;	/* [c] */
	uint64_t	*used;		/* [c] owned: a bit for each number; */
					/* NULL: no tag yet */
	uint32_t	 n;		/* [c] how many there are */
	uint32_t	 last;		/* [c] the number given out last */
	bool		 idle;		/* [a] some may be without reference */
};

void	 pf_tags_init(struct pf *);
void	 pf_tags_fini(struct pf *);		/* nothing refers to one */
/*
 * The tag of that name, made if there is none, with a reference; *tag.  0; EINVAL: no
 * name; ENOMEM; EOVERFLOW: packets cannot carry another number.  Lock: ctl.
 */
int	 pf_tag_get(struct pf *, const char *name, struct pf_tag **tag);
/* One more reference: the caller must have found the tag in the present RCU
 * read side, or hold a reference. */
void	 pf_tag_ref(struct pf_tag *);
/* NULL is fine. */
void	 pf_tag_put(struct pf *, struct pf_tag *);
/* Free those without references.  Lock: ctl. */
void	 pf_tags_purge(struct pf *);

#endif /* _NET_PF_TAG_H_ */
