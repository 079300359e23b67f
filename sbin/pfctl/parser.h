/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * parser.h: the tree that the grammar builds, and what the language files share.
 *
 * pf.conf is read statement by statement.  lex.c makes tokens, parse.y makes one
 * tree of struct node per statement, and hands it to pf_statement() (conf.c), which
 * sends it to the file that knows what it means; then the tree is
 * forgotten.  So memory holds one tree at a time, and order in the file is order of
 * meaning.
 *
 * Life: struct parser lives as long as one pfctl_parse(); trees live in an
 * arena that is emptied after each statement; what outlives a statement (macros,
 * paths) is copied.  No locking.  Private to the language half.
 */
#ifndef _PFCTL_PARSER_H_
#define _PFCTL_PARSER_H_

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parts.h"
#include "pfctl.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define TOKEN_MAX	8191		/* longest word or quoted string */
#define INCLUDE_DEPTH	16

struct node;

struct list {
	struct node	*first;
	struct node	*last;
};

/* What a node is.  The comment says which members it uses. */
enum node_kind {
	/* addresses: s text, t prefix length or NULL, neg */
	N_HOST, N_RANGE /* s - t */, N_DYN /* (s) */, N_TABLE, N_ANY,
	N_NOROUTE, N_URPF,
	N_WEIGHT,		/* s; a: the host */
	N_GATEWAY,		/* (s a) */
	N_IF,			/* s; neg; "any" has s NULL */
	N_PROTO,		/* s */
	N_PORT,			/* op; s, t */
	N_OS,			/* s */
	N_UGID,			/* op; s, t */
	N_ICMP,			/* s type, t code or NULL */
	N_WORD,			/* s */

	/* parts of a rule, in struct node.a of a statement: parts.h */
#define PART_KIND(kind, again, take, print, name)	kind,
	RULE_PARTS(PART_KIND)
#undef PART_KIND
	P_MAX,

	/* how a scrub normalizes */
	S_NODF, S_RANDOMID, S_REASSTCP,
	S_MINTTL, S_MAXMSS, S_SETTOS,	/* s */
	S_FRAG,			/* n[0] PFRULE_FRAGCROP, FRAGDROP, 0 */

	/* pool options */
	O_BITMASK, O_RANDOM, O_SRCHASH /* s key or NULL */, O_ROUNDROBIN,
	O_LEASTSTATES, O_STATICPORT, O_STICKY,

	/* state options */
	K_MAX, K_MAXSRCSTATES, K_MAXSRCCONN, K_MAXSRCNODES,	/* s */
	K_MAXSRCCONNRATE,	/* s / t */
	K_NOSYNC, K_SLOPPY, K_PFLOW,
	K_SRCTRACK,		/* n[0] PFRULE_SRCTRACK [| RULESRCTRACK], 0 */
	K_OVERLOAD,		/* s table, n[0] PF_FLUSH* */
	K_SCOPE,		/* n[0] PFRULE_IFBOUND, GRBOUND, 0 */
	K_TIMEOUT,		/* s name, t seconds */

	/* queue options: s unless said */
	Q_BANDWIDTH, Q_PRIORITY, Q_QLIMIT, Q_TBRSIZE,
	Q_SCHED,		/* n[0] ALTQT_*, a: Q_FLAG, Q_CURVE */
	Q_FLAG,
	Q_CURVE,		/* n[0] PFALTQ_REALTIME ..; s m1, t d, a N_WORD m2 */
	Q_PARENT,
	Q_MIN, Q_MAX, Q_BURST /* s for t, of the rate before */, Q_DEFAULT,

	/* table options */
	T_FLAG,			/* s */
	T_FILE,			/* s */
	T_HOSTS,		/* a */

	/* statements: a parts */
	ST_MACRO,		/* s, t */
	ST_INCLUDE,		/* s */
	ST_OPTION,		/* n[0] option; s, t; a */
	ST_TABLE,		/* s, a: T_* */
	ST_RULE,		/* n[0] PF_PASS ..; neg: `no'; */
				/* block: n[1] rule flag, -1 policy; s, t, op */
	ST_ANCHOR,		/* n[0] ruleset; s name or NULL; n[1] 1: opens */
	ST_CLOSE,
	ST_LOAD,		/* s anchor, t file */
	ST_ALTQ,		/* a options, b children */
	ST_QUEUE,		/* s, a options, b children */
	ST_ANTISPOOF,		/* a parts */
};

enum set_option {		/* ST_OPTION.n[0] */
	SET_TIMEOUT,		/* s name, t value */
	SET_LIMIT,		/* s name, t value */
	SET_OPTIMIZATION, SET_RULESET_OPT, SET_LOGINTERFACE, SET_HOSTID,
	SET_BLOCK_POLICY, SET_REQUIRE_ORDER, SET_FINGERPRINTS, SET_STATE_POLICY,
	SET_DEBUG,
	SET_SKIP,		/* a: N_IF */
	SET_STATE_DEFAULTS,	/* a: K_* */
	SET_REASSEMBLE,		/* s yes, no; t no-df or NULL */
	SET_KEEPCOUNTERS,
	SET_FAIL_POLICY,	/* s drop, return */
};

struct node {
	struct node	*next;
	const char	*s;
	const char	*t;
	struct list	 a, b;
	int64_t		 n[2];
	uint32_t	 line;
	uint16_t	 kind;		/* enum node_kind */
	uint8_t		 neg;
	uint8_t		 op;		/* PF_OP_* */
};

struct chunk;
struct arena {
	struct chunk	*chunks;	/* in use, the newest first */
	struct chunk	*spare;
};

struct macro {
	struct macro	*next;		/* in its bucket */
	struct macro	*later;		/* in the order of their definitions */
	char		*value;
	struct pfctl_place at;		/* where it was defined; line 0: by -D */
	uint32_t	 hash;
	bool		 fixed;		/* by -D */
	bool		 used;
	char		 name[];
};

/* A file that is being read; frames of macros have name NULL. */
struct frame {
	char		*name;
	char		*text;		/* NUL behind the last character */
	const char	*p, *end;
	uint32_t	 line;
	const struct macro *macro;	/* whose text it is, or NULL */
	bool		 owned;		/* text was allocated */
};

#define MACROS_SEEN	8		/* of a statement; others are forgotten */

/* An inline anchor that is open, or the outermost ruleset. */
struct scope {
	uint32_t	 anchor;	/* struct pfctl.anchors */
	uint32_t	 line;		/* of its brace */
	uint32_t	 times;		/* it is called, by lists around it */
};

struct load_anchor {
	char		*path;
	char		*file;
	char		*from;		/* where it stands: file .. */
	uint32_t	 line;
};

/* What of a statement has gone by, for hint.c. */
struct seen {
	int		 first;		/* its first token */
	int		 key;		/* the last keyword before this token */
	uint32_t	 tokens;	/* this one too */
	int		 braces;	/* lists that are open */
	uint32_t	 brace_line;	/* of the outermost */
	bool		 from_to;
	char		 first_word[24];
	char		 empty_macro[32]; /* just before this token */
	char		 hint[160];
};

struct queue_state;			/* queue.c */

struct parser {
	struct pfctl	*pf;
	struct arena	 arena;

	/* lex.c */
	struct frame	 frame[INCLUDE_DEPTH + 2];
	int		 depth;		/* frames in use */
	int		 file;		/* the innermost that is a file */
	uint32_t	 line;		/* of the last token */
	bool		 bol;		/* nothing but blanks since the newline */
	bool		 eof_newline;	/* the newline at the end was made up */
	int		 last_token, token_before;
	const char	*last_text;	/* of a word; for messages */
	const struct macro *token_macro; /* in which it began, or NULL */
	const char	*text_before;	/* of the word before it */
	const struct macro *used[MACROS_SEEN];	/* by this statement */
	unsigned int	 nused;
	uint32_t	 told;		/* hash of the last error and its line */
	bool		 lex_error;	/* a message is out for the token ERROR */
	struct seen	 seen;
	char		*word;		/* TOKEN_MAX + 1 */
	struct macro	**macros;
	struct macro	*first_macro, **last_macro;
	size_t		 nmacros, macro_buckets;

	/* conf.c */
	int		 rank;		/* of the last statement: require-order */
	bool		 require_order;
	bool		 rank_told;
	uint32_t	 block_policy;	/* PFRULE_DROP or RETURN */
	uint32_t	 fail_policy;	/* the same, of pass rules */
	uint32_t	 state_policy;	/* 0, PFRULE_IFBOUND, GRBOUND */
	bool		 defaults_given;
	struct list	 defaults;	/* set state-defaults; in keep */
	struct arena	 keep;		/* lives as long as the parser */
	struct scope	 scope[PF_ANCHOR_DEPTH + 1];
	int		 nscope;
	struct load_anchor *load;
	size_t		 nload;
	bool		 osfp_tried;
	struct queue_state *queues;
	char		 token_name[64];
};

/* tree.c.  All allocation here ends the process when there is no memory. */
void	*xmalloc(size_t);
void	*xcalloc(size_t, size_t);
void	*xreallocarray(void *, size_t, size_t);
char	*xstrdup(const char *);
void	*arena_alloc(struct arena *, size_t);
char	*arena_strndup(struct arena *, const char *, size_t);
void	 arena_reset(struct arena *);
void	 arena_free(struct arena *);
struct node *node_new(struct parser *, enum node_kind, const char *s,
	    const char *t);
struct node *node_num(struct parser *, enum node_kind, int64_t n);
struct node *node_list(struct parser *, enum node_kind, struct list);
struct node *node_copy(struct arena *, const struct node *);
struct list list_of(struct node *);
struct list list_add(struct list, struct node *);
struct list list_join(struct list, struct list);
/* Text of a list of N_WORD with blanks between, in the arena. */
const char *words_join(struct parser *, struct list);

/* index.c */
uint32_t hash_name(const char *);
#define INDEX_NONE	UINT32_MAX
/* One more element at the end of the array, with this hash. */
void	 index_add(struct pfctl_index *, uint32_t hash);
/* The first element of this hash, and the one after i with the hash of i, in the
 * order of the array; INDEX_NONE.  More may be added between the calls. */
uint32_t index_first(const struct pfctl_index *, uint32_t hash);
uint32_t index_next(const struct pfctl_index *, uint32_t i);
void	 index_free(struct pfctl_index *);

/* lex.c */
void	 lex_init(struct parser *);
void	 lex_end(struct parser *);
/* Read a whole file; the frame then is the innermost: 0, or -1 with a message. */
int	 lex_open(struct parser *, const char *file);
/* All that fd has to say: text with a NUL behind it, or NULL and errno. */
char	*read_all(int fd, size_t *len);
int	 lex_text(struct parser *, const char *buf, size_t len, const char *name);
int	 macro_set(struct parser *, const char *name, const char *value,
	    bool fixed);
/* Of those that the statement uses: the one in which a syntax error stands, or whose
 * text has a word of this message; or NULL. */
const struct macro *macro_told(struct parser *, const char *message);
/* At -vv, warn of macros that nobody has used. */
void	 macros_unused(struct parser *);
const char *token_text(struct parser *);
/* Up to max characters of a name: as they are if they are read as one, else in the
 * quotes that they do not hold. */
void	 word_print(FILE *, const char *, size_t max);
/* The same, always in quotes. */
void	 quoted_print(FILE *, const char *, size_t max);
const char *keyword_name(size_t);		/* NULL behind the last */
/* A statement or a line of errors has ended. */
void	 seen_reset(struct parser *);

/* hint.c */
/* What to write instead of the last token, if that is known; or NULL. */
const char *syntax_hint(struct parser *);
/* The last token or the one before it, if it is a word of another pf that is not
 * here yet; or NULL. */
const char *absent_word(struct parser *);
/* What a statement such as this one looks like. */
const char *syntax_form(struct parser *);

/* conf.c */
/* A statement is complete: false: a message was written. */
bool	 pf_statement(struct parser *, struct node *);

/* message.c */
/* Count an error and write `file:line: message', unless it was the last one too and
 * messages are not to be terse; line 0: that of the last token. */
void	 pf_error(struct parser *, uint32_t line, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* A rule of those that lists make is left out, after a message: one more, not
 * counted, if messages are terse. */
void	 pf_skipping(struct parser *);
/* As pf_error() without counting: something is taken otherwise than it says. */
void	 pf_warn(struct parser *, uint32_t line, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* A line before an error, not counted; if messages are terse without place, as the
 * classic program has it. */
void	 pf_note(struct parser *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	 pf_not_yet(struct parser *, const char *keyword);
/* Whether a name is "", which is an error: the kernel takes "" for any.  NULL is not. */
bool	 pf_nameless(struct parser *, const char *s, const char *what);
/* As pf_not_yet() for what is sound, and prints, but cannot be loaded: word, a literal,
 * is noted if statements of this kind, PFCTL_LOAD_*, are wanted. */
void	 pf_later(struct parser *, int kind, const char *word);
/* Where the last token stands. */
struct pfctl_place pf_place(struct parser *);
/* hint, or "" if messages are to be terse. */
const char *pf_hint(const struct parser *, const char *hint);
/* Whether the text came from a pipe: then messages are the bare classic ones. */
bool	 pf_terse(const struct parser *);

/* anchor.c */
struct pfctl_anchor *anchor_here(struct parser *);
uint32_t anchor_add(struct pfctl *, const char *path);	/* index */
struct pfctl_rule *ruleset_append(struct pfctl_ruleset *,
	    const struct pfctl_rule *);
void	 rule_free(struct pfctl_rule *);
void	 anchors_free(struct pfctl *);

/* option.c */
void	 set_option(struct parser *, struct node *);
void	 options_init(struct pfctl_options *);
void	 options_finish(struct parser *);
int	 timeout_index(const char *name);	/* PFTM_*, -1 */
const char *timeout_word(int);

/* tabledef.c */
void	 define_table(struct parser *, struct node *);
struct pfctl_table *table_find(struct pfctl *, const char *anchor,
	    const char *name);
struct pfctl_table *table_new(struct pfctl *, const char *anchor,
	    const char *name);
void	 table_add_addr(struct pfctl_table *, uint8_t af, const struct pf_addr *,
	    uint8_t net, bool neg);
void	 tables_free(struct pfctl *);

/* host.c */
struct host {				/* a list that expand.c walks */
	struct host		*next;
	struct pf_addr_wrap	 addr;
	uint8_t			 af;	/* 0: either */
	bool			 neg;
	uint16_t		 weight;
	char			 ifname[PF_IFNAMSIZ];	/* pools: route by it */
	char			 scope[PF_IFNAMSIZ];	/* link-local: only here */
};
/* The addresses of a list of N_HOST ..: false after a message.  Lives in the arena. */
bool	 hosts_resolve(struct parser *, struct list, struct host **);
bool	 host_resolve(struct parser *, const struct node *, struct host **);
/* The text of an address only: 4, 6 or 0; *net gets a prefix if there is one. */
int	 addr_parse(const char *, struct pf_addr *, uint8_t *net);
void	 addr_mask(struct pf_addr *, uint8_t net);
void	 addr_apply(struct pf_addr *, const struct pf_addr *mask);
uint8_t	 addr_prefix(const struct pf_addr *mask, uint8_t af);

/* names.c */
int	 name_proto(struct names *, const char *);		/* -1: none */
const char *proto_name(struct names *, int);			/* NULL: none */
int	 name_service(struct names *, const char *);		/* host order, -1 */
const char *service_name(struct names *, int port, int proto);	/* NULL */
bool	 name_user(const char *, uint32_t *);
bool	 name_group(const char *, uint32_t *);
int	 name_icmp_type(const char *, uint8_t af);		/* -1 */
int	 name_icmp_code(int type, const char *, uint8_t af);	/* -1 */
const char *icmp_type_name(int type, uint8_t af);		/* NULL */
const char *icmp_code_name(int type, int code, uint8_t af);	/* NULL */
int	 name_tos(const char *);				/* -1 */
/* Text of n within low .. high, or -1 and *bad; base 0 as in C. */
bool	 word_number(const char *, int64_t low, int64_t high, int64_t *n);
/* Addresses of an interface, group or "self"; the array lives with names. */
struct if_addr {
	char		ifname[PF_IFNAMSIZ];
	unsigned int	index;
	size_t		place;		/* as the kernel has them */
	uint8_t		af, net;
	bool		has_peer, has_broadcast;
	bool		loopback, pointopoint, linklocal;
	bool		egress;		/* a default route leads out of it */
	struct pf_addr	addr, peer, broadcast;
};
size_t	 names_ifaddrs(struct names *, const struct if_addr **);
bool	 names_iface_exists(struct names *, const char *);
/* Whether the address of an interface counts as one of name: that interface, its
 * driver or egress. */
bool	 iface_matches(const char *name, const struct if_addr *);

/* rule.c, expand.c, check.c: see rule.h */
void	 define_rule(struct parser *, struct node *);
void	 define_anchor(struct parser *, struct node *);
void	 define_antispoof(struct parser *, struct node *);

/* queue.c */
void	 define_altq(struct parser *, struct node *);
void	 define_queue(struct parser *, struct node *);
void	 queues_finish(struct parser *);
void	 queues_free(struct parser *);

/* optimize.c */
void	 optimize(struct parser *, int level);
void	 cost_warn(struct pfctl *);	/* cost.c */

#endif /* _PFCTL_PARSER_H_ */
