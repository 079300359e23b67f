/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * parse.y: the grammar of pf.conf, classic and modern forms together.
 *
 * Actions build nodes (parser.h) and nothing else; a statement that is complete goes to
 * pf_statement().  Anchors in braces are flat here: a rule that opens one is
 * a statement, its closing brace another.  A setting in a list is a
 * statement of its own.  No state but what is in struct parser; no locking.
 */
%{
#include <stdlib.h>
#include <string.h>

#include "parser.h"
%}

%code requires {
#include "parser.h"
}

%define api.pure full
%define parse.error custom
%define parse.lac full
%param { struct parser *p }

%union {
	const char	*str;
	int		 i;
	struct node	*node;
	struct list	 list;
}

%code {
int	 yylex(YYSTYPE *, struct parser *);

static void
yyerror(struct parser *p, const char *msg)
{
	pf_error(p, 0, "%s", msg);	/* memory exhausted */
}
}

%code provides {
int	 yylex(YYSTYPE *, struct parser *);
}

/* route-to stands here rather than among the options, where it also may */
%precedence NOTHERE
%precedence FASTROUTE ROUTETO REPLYTO DUPTO

%token <str> STRING "a name" NUMBER "a number"
%token <i> PORTUNARY "a comparison" PORTBINARY "a range"
%token ERROR "an error" ARROW "->"
/* the words of these are the scanner's keywords */
%token <str> CODELQ "codelq" FAIRQ "fairq"
%token AFTO "af-to" ALL "all" ALLOWOPTS "allow-opts" ALTQ "altq"
%token ANCHOR "anchor" ANTISPOOF "antispoof" ANY "any" BANDWIDTH "bandwidth"
%token BINAT "binat" BINATANCHOR "binat-anchor" BINATTO "binat-to"
%token BITMASK "bitmask" BLOCK "block" BLOCKPOLICY "block-policy"
%token BURST "burst" CBQ "cbq" CODE "code" DEBUG "debug" DEFAULT "default"
%token DIVERTPACKET "divert-packet" DIVERTREPLY "divert-reply"
%token DIVERTTO "divert-to"
%token DELAY "delay" DROP "drop" DUMMYNETANCHOR "dummynet-anchor"
%token DUPTO "dup-to" ETHER "ether" FASTROUTE "fastroute" FILENAME "file"
%token FAILPOLICY "fail-policy"
%token FINGERPRINTS "fingerprints" FLAGS "flags" FLOATING "floating"
%token FLOWS "flows" FLUSH "flush" FOR "for" FRAGCROP "crop"
%token FRAGDROP "drop-ovl" FRAGMENT "fragment" FROM "from" GLOBAL "global"
%token GROUP "group" GROUPBOUND "group-bound" HFSC "hfsc" HOSTID "hostid"
%token ICMP6TYPE "icmp6-type" ICMPTYPE "icmp-type" IFBOUND "if-bound"
%token IN "in" INCLUDE "include" INET "inet" INET6 "inet6" KEEP "keep"
%token KEEPCOUNTERS "keepcounters" LABEL "label" LEASTSTATES "least-states"
%token LIMIT "limit" LINKSHARE "linkshare" LOAD "load" LOG "log"
%token LOGINTERFACE "loginterface" MATCH "match" MATCHES "matches"
%token MAXIMUM "max" MAXMSS "max-mss" MAXPKTRATE "max-pkt-rate"
%token MAXSRCCONN "max-src-conn" MAXSRCCONNRATE "max-src-conn-rate"
%token MAXSRCNODES "max-src-nodes" MAXSRCSTATES "max-src-states"
%token MINIMUM "min" MINTTL "min-ttl" MODULATE "modulate" NAT "nat"
%token NATANCHOR "nat-anchor" NATTO "nat-to" NO "no" NODF "no-df"
%token NOROUTE "no-route" NOSYNC "no-sync" ON "on" ONCE "once"
%token OPTIMIZATION "optimization" OS "os" OUT "out" OVERLOAD "overload"
%token PARENT "parent" PASS "pass" PFLOW "pflow" PORT "port" PRIO "prio"
%token PRIORITY "priority" PRIQ "priq" PROBABILITY "probability"
%token PROTO "proto" QLIMIT "qlimit" QUANTUM "quantum" QUEUE "queue"
%token QUICK "quick" RANDOM "random" RANDOMID "random-id" RDOMAIN "rdomain"
%token RDR "rdr" RDRANCHOR "rdr-anchor" RDRTO "rdr-to" REALTIME "realtime"
%token REASSEMBLE "reassemble" RECEIVEDON "received-on" REPLYTO "reply-to"
%token REQUIREORDER "require-order" RETURN "return" RETURNICMP "return-icmp"
%token RETURNICMP6 "return-icmp6" RETURNRST "return-rst"
%token RIDENTIFIER "ridentifier" ROUNDROBIN "round-robin" ROUTETO "route-to"
%token RTABLE "rtable" RULE "rule" RULESETOPT "ruleset-optimization"
%token SCRUB "scrub" SCRUBANCHOR "scrub-anchor" SET "set" SETTOS "set-tos"
%token SKIP "skip" SLOPPY "sloppy" SOURCEHASH "source-hash"
%token SOURCETRACK "source-track" STATE "state"
%token STATEDEFAULTS "state-defaults" STATEPOLICY "state-policy"
%token STATICPORT "static-port" STICKYADDRESS "sticky-address"
%token SYNCOOKIES "syncookies" SYNPROXY "synproxy" TABLE "table" TAG "tag"
%token TAGGED "tagged" TBRSIZE "tbrsize" TIMEOUT "timeout" TO "to" TOS "tos"
%token TTL "ttl" UPPERLIMIT "upperlimit" URPFFAILED "urpf-failed"
%token USER "user" WEIGHT "weight"

%type <str>	word name number string yesno optcode latersched
%type <i>	not not_no dir af returncode opt_flush anchorkind natkind
%type <i>	routekind keepkind curvekind sched unary
%type <node>	stmt include macro option setopt table rule anchorrule
%type <node>	loadanchor altq queue antispoof scrubrule natrule binatrule
%type <node>	filterrule action ifitem protoitem host hostitem dynaddr
%type <node>	poolhost routehost portitem ugitem icmpitem icmptype icmpcode
%type <node>	logopt scrubopt fragopt poolopt stateopt natopt keepstate
%type <node>	ipport_from ipport_to queueopt schedflag tableopt antispoofif
%type <node>	valword target routeto foption queuename setitem ridentifier
%type <node>	divert
%type <list>	values dirlist loglist quicklog on ifspec iflist aflist proto
%type <list>	protolist fromto ipspec hostlist portspec portlist portitems
%type <list>	os oslist osnames ugspec uglist icmpspec icmplist codelist
%type <list>	logopts rulehead fopts fopt setting setitems scrubopts
%type <list>	scrubitems poolopts pool poollist route routepool routelist
%type <list>	stateopts statelist natopts natpass redir setopts queueopts
%type <list>	children childlist schedlist tableopts antispoofifs
%type <list>	antispooflist binatto spoofopts

%%

ruleset:
	  %empty
	| ruleset line		{ arena_reset(&p->arena); }
	;

line:
	  '\n'			{ seen_reset(p); }
	| stmt '\n'		{ pf_statement(p, $1); }
	| stmt '}'		{
		pf_statement(p, $1);
		pf_statement(p, node_new(p, ST_CLOSE, NULL, NULL));
	}
	| '}'			{
		pf_statement(p, node_new(p, ST_CLOSE, NULL, NULL));
	}
	| anchorrule '{'	{
		$1->n[1] = 1;
		pf_statement(p, $1);
	}
	| setlist '\n'
	| error '\n'		{
		seen_reset(p);
		if (!pf_terse(p))
			yyerrok;	/* each line has its own errors */
	}
	;

stmt:
	  include
	| macro
	| SET option		{ $$ = $2; }
	| table
	| rule
	| anchorrule
	| loadanchor
	| altq
	| queue
	| antispoof
	| later			{ YYERROR; }
	;

/* known words that cannot be had yet */
later:
	  ETHER			{ pf_not_yet(p, "ether"); }
	| SET SYNCOOKIES	{ pf_not_yet(p, "set syncookies"); }
	| SET DELAY		{ pf_not_yet(p, "set delay"); }
	;

include:
	  INCLUDE STRING	{ $$ = node_new(p, ST_INCLUDE, $2, NULL); }
	;

/*
 * Words
 */

/* a name, also one that is a keyword elsewhere */
word:
	  STRING
	| BURST			{ $$ = "burst"; }
	| DEFAULT		{ $$ = "default"; }
	| DELAY			{ $$ = "delay"; }
	| ETHER			{ $$ = "ether"; }
	| FLOWS			{ $$ = "flows"; }
	| MATCHES		{ $$ = "matches"; }
	| MINIMUM		{ $$ = "min"; }
	| ONCE			{ $$ = "once"; }
	| PARENT		{ $$ = "parent"; }
	| PFLOW			{ $$ = "pflow"; }
	| PRIO			{ $$ = "prio"; }
	| QUANTUM		{ $$ = "quantum"; }
	| RDOMAIN		{ $$ = "rdomain"; }
	| RIDENTIFIER		{ $$ = "ridentifier"; }
	| SYNCOOKIES		{ $$ = "syncookies"; }
	| WEIGHT		{ $$ = "weight"; }
	;

name:				/* of tables: <404> is one */
	  word
	| NUMBER
	;

number:
	  NUMBER
	;

string:
	  STRING
	| NUMBER
	;

yesno:
	  NO			{ $$ = "no"; }
	| STRING
	;

not:
	  %empty		{ $$ = 0; }
	| '!'			{ $$ = 1; }
	;

comma:
	  %empty
	| ','
	;

/* between and around the items of a list */
nl:
	  %empty
	| nl '\n'
	;

sep:
	  %empty
	| sep ','
	| sep '\n'
	;

/*
 * Macros
 */

macro:
	  word '=' values	{
		$$ = node_new(p, ST_MACRO, $1, words_join(p, $3));
	}
	;

values:
	  valword		{ $$ = list_of($1); }
	| values valword	{ $$ = list_add($1, $2); }
	;

valword:
	  word			{ $$ = node_new(p, N_WORD, $1, NULL); }
	| NUMBER		{ $$ = node_new(p, N_WORD, $1, NULL); }
	;

/*
 * set
 */

option:
	  setopt
	| REASSEMBLE yesno	{
		$$ = node_new(p, ST_OPTION, $2, NULL);
		$$->n[0] = SET_REASSEMBLE;
	}
	| REASSEMBLE yesno NODF	{
		$$ = node_new(p, ST_OPTION, $2, "no-df");
		$$->n[0] = SET_REASSEMBLE;
	}
	| SKIP ifspec		{
		$$ = node_list(p, ST_OPTION, $2);
		$$->n[0] = SET_SKIP;
	}
	| STATEDEFAULTS setopts	{
		$$ = node_list(p, ST_OPTION, $2);
		$$->n[0] = SET_STATE_DEFAULTS;
	}
	| KEEPCOUNTERS		{
		$$ = node_num(p, ST_OPTION, SET_KEEPCOUNTERS);
	}
	;

setopt:
	  OPTIMIZATION word	{
		$$ = node_new(p, ST_OPTION, $2, NULL);
		$$->n[0] = SET_OPTIMIZATION;
	}
	| RULESETOPT word	{
		$$ = node_new(p, ST_OPTION, $2, NULL);
		$$->n[0] = SET_RULESET_OPT;
	}
	| LOGINTERFACE word	{
		$$ = node_new(p, ST_OPTION, $2, NULL);
		$$->n[0] = SET_LOGINTERFACE;
	}
	| HOSTID string		{
		$$ = node_new(p, ST_OPTION, $2, NULL);
		$$->n[0] = SET_HOSTID;
	}
	| BLOCKPOLICY DROP	{
		$$ = node_new(p, ST_OPTION, "drop", NULL);
		$$->n[0] = SET_BLOCK_POLICY;
	}
	| BLOCKPOLICY RETURN	{
		$$ = node_new(p, ST_OPTION, "return", NULL);
		$$->n[0] = SET_BLOCK_POLICY;
	}
	| FAILPOLICY DROP	{
		$$ = node_new(p, ST_OPTION, "drop", NULL);
		$$->n[0] = SET_FAIL_POLICY;
	}
	| FAILPOLICY RETURN	{
		$$ = node_new(p, ST_OPTION, "return", NULL);
		$$->n[0] = SET_FAIL_POLICY;
	}
	| REQUIREORDER yesno	{
		$$ = node_new(p, ST_OPTION, $2, NULL);
		$$->n[0] = SET_REQUIRE_ORDER;
	}
	| FINGERPRINTS STRING	{
		$$ = node_new(p, ST_OPTION, $2, NULL);
		$$->n[0] = SET_FINGERPRINTS;
	}
	| STATEPOLICY IFBOUND	{
		$$ = node_new(p, ST_OPTION, "if-bound", NULL);
		$$->n[0] = SET_STATE_POLICY;
	}
	| STATEPOLICY GROUPBOUND {
		$$ = node_new(p, ST_OPTION, "group-bound", NULL);
		$$->n[0] = SET_STATE_POLICY;
	}
	| STATEPOLICY FLOATING	{
		$$ = node_new(p, ST_OPTION, "floating", NULL);
		$$->n[0] = SET_STATE_POLICY;
	}
	| DEBUG word		{
		$$ = node_new(p, ST_OPTION, $2, NULL);
		$$->n[0] = SET_DEBUG;
	}
	| DEBUG DEBUG		{
		$$ = node_new(p, ST_OPTION, "debug", NULL);
		$$->n[0] = SET_DEBUG;
	}
	;

setopts:
	  stateopt		{ $$ = list_of($1); }
	| setopts comma stateopt { $$ = list_add($1, $3); }
	;

/* each of these is complete by itself, whatever follows in the line */
setlist:
	  SET TIMEOUT settimeout
	| SET TIMEOUT '{' nl settimeouts '}'
	| SET LIMIT setlimit
	| SET LIMIT '{' nl setlimits '}'
	;

settimeouts:
	  settimeout sep
	| settimeouts settimeout sep
	;

settimeout:
	  word string		{
		struct node *n = node_new(p, ST_OPTION, $1, $2);

		n->n[0] = SET_TIMEOUT;
		if (!pf_statement(p, n))
			YYERROR;
	}
	;

setlimits:
	  setlimit sep
	| setlimits setlimit sep
	;

setlimit:
	  word string		{
		struct node *n = node_new(p, ST_OPTION, $1, $2);

		n->n[0] = SET_LIMIT;
		if (!pf_statement(p, n))
			YYERROR;
	}
	;

/*
 * Tables
 */

table:
	  TABLE '<' name '>' tableopts {
		$$ = node_new(p, ST_TABLE, $3, NULL);
		$$->a = $5;
	}
	;

tableopts:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| tableopts tableopt	{ $$ = list_add($1, $2); }
	;

tableopt:
	  STRING		{ $$ = node_new(p, T_FLAG, $1, NULL); }
	| FILENAME STRING	{ $$ = node_new(p, T_FILE, $2, NULL); }
	| '{' nl '}'		{ $$ = node_new(p, T_HOSTS, NULL, NULL); }
	| '{' nl hostlist '}'	{ $$ = node_list(p, T_HOSTS, $3); }
	;

/*
 * Interfaces, protocols, addresses, ports
 */

on:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| ifspec		{ $$ = list_of(node_list(p, P_ON, $1)); }
	;

ifspec:
	  ON ifitem		{ $$ = list_of($2); }
	| ON '{' nl iflist '}'	{ $$ = $4; }
	| ON RDOMAIN		{
		pf_not_yet(p, "on rdomain");
		YYERROR;
	}
	;

iflist:
	  ifitem sep		{ $$ = list_of($1); }
	| iflist ifitem sep	{ $$ = list_add($1, $2); }
	;

ifitem:
	  not STRING		{
		$$ = node_new(p, N_IF, $2, NULL);
		$$->neg = (uint8_t)$1;
	}
	| ANY			{ $$ = node_new(p, N_IF, NULL, NULL); }
	;

aflist:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| af			{ $$ = list_of(node_num(p, P_AF, $1)); }
	;

af:
	  INET			{ $$ = AF_INET; }
	| INET6			{ $$ = AF_INET6; }
	;

proto:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| PROTO protoitem	{
		$$ = list_of(node_list(p, P_PROTO, list_of($2)));
	}
	| PROTO '{' nl protolist '}' {
		$$ = list_of(node_list(p, P_PROTO, $4));
	}
	;

protolist:
	  protoitem sep		{ $$ = list_of($1); }
	| protolist protoitem sep { $$ = list_add($1, $2); }
	;

protoitem:
	  string		{ $$ = node_new(p, N_PROTO, $1, NULL); }
	;

fromto:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| ALL			{ $$ = (struct list){ NULL, NULL }; }
	| FROM ipport_from os	{ $$ = list_join(list_of($2), $3); }
	| FROM ipport_from os TO ipport_to {
		$$ = list_add(list_join(list_of($2), $3), $5);
	}
	| TO ipport_to		{ $$ = list_of($2); }
	| OS STRING		{
		pf_error(p, 0, "os goes with a source: use from any os \"%s\"",
		    $2);
		YYERROR;
	}
	;

ipport_from:
	  ipspec portspec	{
		$$ = node_list(p, P_FROM, $1);
		$$->b = $2;
	}
	| PORT portlist		{
		$$ = node_new(p, P_FROM, NULL, NULL);
		$$->b = $2;
	}
	;

ipport_to:
	  ipspec portspec	{
		$$ = node_list(p, P_TO, $1);
		$$->b = $2;
	}
	| PORT portlist		{
		$$ = node_new(p, P_TO, NULL, NULL);
		$$->b = $2;
	}
	;

os:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| OS oslist		{ $$ = list_of(node_list(p, P_SRC_OS, $2)); }
	;

oslist:
	  STRING		{ $$ = list_of(node_new(p, N_OS, $1, NULL)); }
	| '{' nl osnames '}'	{ $$ = $3; }
	;

osnames:
	  STRING sep		{ $$ = list_of(node_new(p, N_OS, $1, NULL)); }
	| osnames STRING sep	{
		$$ = list_add($1, node_new(p, N_OS, $2, NULL));
	}
	;

ipspec:
	  hostitem		{ $$ = list_of($1); }
	| '{' nl hostlist '}'	{ $$ = $3; }
	;

/* a list in a list: a macro that is one */
hostlist:
	  hostitem sep		{ $$ = list_of($1); }
	| '{' nl hostlist '}' sep { $$ = $3; }
	| hostlist hostitem sep	{ $$ = list_add($1, $2); }
	| hostlist '{' nl hostlist '}' sep { $$ = list_join($1, $4); }
	;

hostitem:
	  not host		{
		$$ = $2;
		$$->neg = (uint8_t)$1;
	}
	| not NOROUTE		{
		$$ = node_new(p, N_NOROUTE, NULL, NULL);
		$$->neg = (uint8_t)$1;
	}
	| not URPFFAILED	{
		$$ = node_new(p, N_URPF, NULL, NULL);
		$$->neg = (uint8_t)$1;
	}
	| ANY			{ $$ = node_new(p, N_ANY, NULL, NULL); }
	;

host:
	  STRING		{ $$ = node_new(p, N_HOST, $1, NULL); }
	| STRING '-' STRING	{ $$ = node_new(p, N_RANGE, $1, $3); }
	| string '/' number	{ $$ = node_new(p, N_HOST, $1, $3); }
	| dynaddr
	| dynaddr '/' number	{
		$$ = $1;
		$$->t = $3;
	}
	| '<' name '>'		{ $$ = node_new(p, N_TABLE, $2, NULL); }
	;

dynaddr:
	  '(' STRING ')'	{ $$ = node_new(p, N_DYN, $2, NULL); }
	;

portspec:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| PORT portlist		{ $$ = $2; }
	;

portlist:
	  portitem		{ $$ = list_of($1); }
	| '{' nl portitems '}'	{ $$ = $3; }
	;

portitems:
	  portitem sep		{ $$ = list_of($1); }
	| portitems portitem sep { $$ = list_add($1, $2); }
	;

portitem:
	  string		{
		$$ = node_new(p, N_PORT, $1, NULL);
		$$->op = PF_OP_EQ;
	}
	| '=' string		{
		$$ = node_new(p, N_PORT, $2, NULL);
		$$->op = PF_OP_EQ;
	}
	| unary string		{
		$$ = node_new(p, N_PORT, $2, NULL);
		$$->op = (uint8_t)$1;
	}
	| string PORTBINARY string {
		$$ = node_new(p, N_PORT, $1, $3);
		$$->op = (uint8_t)$2;
	}
	;

unary:
	  PORTUNARY		{ $$ = $1; }
	| '<'			{ $$ = PF_OP_LT; }
	| '>'			{ $$ = PF_OP_GT; }
	;

ugspec:
	  ugitem		{ $$ = list_of($1); }
	| '{' nl uglist '}'	{ $$ = $3; }
	;

uglist:
	  ugitem sep		{ $$ = list_of($1); }
	| uglist ugitem sep	{ $$ = list_add($1, $2); }
	;

ugitem:
	  string		{
		$$ = node_new(p, N_UGID, $1, NULL);
		$$->op = PF_OP_EQ;
	}
	| '=' string		{
		$$ = node_new(p, N_UGID, $2, NULL);
		$$->op = PF_OP_EQ;
	}
	| unary string		{
		$$ = node_new(p, N_UGID, $2, NULL);
		$$->op = (uint8_t)$1;
	}
	| string PORTBINARY string {
		$$ = node_new(p, N_UGID, $1, $3);
		$$->op = (uint8_t)$2;
	}
	;

icmpspec:
	  icmpitem		{ $$ = list_of($1); }
	| icmptype CODE '{' nl codelist '}' {
		struct node *n;

		$$ = $5;
		for (n = $5.first; n != NULL; n = n->next)
			n->s = $1->s;
	}
	| '{' nl icmplist '}'	{ $$ = $3; }
	;

icmplist:
	  icmpitem sep		{ $$ = list_of($1); }
	| icmplist icmpitem sep	{ $$ = list_add($1, $2); }
	;

icmpitem:
	  icmptype
	| icmptype CODE icmpcode {
		$$ = $1;
		$$->t = $3->t;
	}
	;

icmptype:
	  string		{ $$ = node_new(p, N_ICMP, $1, NULL); }
	;

codelist:
	  icmpcode sep		{ $$ = list_of($1); }
	| codelist icmpcode sep	{ $$ = list_add($1, $2); }
	;

icmpcode:
	  string		{ $$ = node_new(p, N_ICMP, NULL, $1); }
	;

/*
 * Rules
 */

rule:
	  scrubrule
	| natrule
	| binatrule
	| filterrule
	;

dirlist:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| dir			{ $$ = list_of(node_num(p, P_DIR, $1)); }
	;

dir:
	  IN			{ $$ = PF_IN; }
	| OUT			{ $$ = PF_OUT; }
	;

quicklog:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| loglist
	| QUICK			{ $$ = list_of(node_new(p, P_QUICK, NULL, NULL)); }
	| loglist QUICK		{
		$$ = list_add($1, node_new(p, P_QUICK, NULL, NULL));
	}
	| QUICK loglist		{
		$$ = list_add($2, node_new(p, P_QUICK, NULL, NULL));
	}
	;

loglist:
	  LOG			{ $$ = list_of(node_new(p, P_LOG, NULL, NULL)); }
	| LOG '(' logopts ')'	{ $$ = list_of(node_list(p, P_LOG, $3)); }
	;

logopts:
	  logopt		{ $$ = list_of($1); }
	| logopts comma logopt	{ $$ = list_add($1, $3); }
	;

logopt:
	  ALL			{ $$ = node_new(p, N_WORD, "all", NULL); }
	| USER			{ $$ = node_new(p, N_WORD, "user", NULL); }
	| GROUP			{ $$ = node_new(p, N_WORD, "user", NULL); }
	| MATCHES		{ $$ = node_new(p, N_WORD, "matches", NULL); }
	| TO STRING		{ $$ = node_new(p, N_WORD, "to", $2); }
	;

/* what all but scrub, nat and antispoof begin with */
rulehead:
	  dirlist quicklog on route aflist proto fromto {
		$$ = list_join(list_join(list_join($1, $2),
		    list_join($3, $4)), list_join(list_join($5, $6), $7));
	}
	;

filterrule:
	  action rulehead fopts	{
		$$ = $1;
		$$->a = list_join($2, $3);
	}
	;

action:
	  PASS			{ $$ = node_num(p, ST_RULE, PF_PASS); }
	| MATCH			{ $$ = node_num(p, ST_RULE, PF_MATCH); }
	| BLOCK			{
		$$ = node_num(p, ST_RULE, PF_DROP);
		$$->n[1] = -1;
	}
	| BLOCK DROP		{ $$ = node_num(p, ST_RULE, PF_DROP); }
	| BLOCK RETURN		{
		$$ = node_num(p, ST_RULE, PF_DROP);
		$$->n[1] = PFRULE_RETURN;
	}
	| BLOCK RETURNRST	{
		$$ = node_num(p, ST_RULE, PF_DROP);
		$$->n[1] = PFRULE_RETURNRST;
	}
	| BLOCK RETURNRST '(' TTL number ')' {
		$$ = node_num(p, ST_RULE, PF_DROP);
		$$->n[1] = PFRULE_RETURNRST;
		$$->s = $5;
	}
	| BLOCK returncode	{
		$$ = node_num(p, ST_RULE, PF_DROP);
		$$->n[1] = PFRULE_RETURNICMP;
		$$->op = (uint8_t)$2;
	}
	| BLOCK returncode '(' string ')' {
		$$ = node_num(p, ST_RULE, PF_DROP);
		$$->n[1] = PFRULE_RETURNICMP;
		$$->op = (uint8_t)$2;
		$$->s = $4;
	}
	| BLOCK returncode '(' string comma string ')' {
		$$ = node_num(p, ST_RULE, PF_DROP);
		$$->n[1] = PFRULE_RETURNICMP;
		$$->op = (uint8_t)$2;
		$$->s = $4;
		$$->t = $6;
	}
	;

returncode:
	  RETURNICMP		{ $$ = AF_INET; }
	| RETURNICMP6		{ $$ = AF_INET6; }
	;

anchorrule:
	  ANCHOR optcode rulehead fopts {
		$$ = node_num(p, ST_ANCHOR, PF_RULESET_FILTER);
		$$->s = $2;
		$$->a = list_join($3, $4);
	}
	| anchorkind optcode dirlist quicklog on aflist proto fromto natopts {
		$$ = node_num(p, ST_ANCHOR, $1);
		$$->s = $2;
		$$->a = list_join(list_join(list_join($3, $4),
		    list_join($5, $6)), list_join(list_join($7, $8), $9));
	}
	;

anchorkind:
	  NATANCHOR		{ $$ = PF_RULESET_NAT; }
	| RDRANCHOR		{ $$ = PF_RULESET_RDR; }
	| BINATANCHOR		{ $$ = PF_RULESET_BINAT; }
	| SCRUBANCHOR		{ $$ = PF_RULESET_SCRUB; }
	| DUMMYNETANCHOR	{ $$ = PF_RULESET_MAX; }
	;

optcode:
	  %empty		{ $$ = NULL; }
	| STRING
	;

loadanchor:
	  LOAD ANCHOR STRING nl FROM STRING {
		$$ = node_new(p, ST_LOAD, $3, $6);
	}
	;

scrubrule:
	  not_no SCRUB dirlist quicklog on aflist proto fromto scrubopts {
		$$ = node_num(p, ST_RULE, $1 ? PF_NOSCRUB : PF_SCRUB);
		$$->a = list_join(list_join(list_join($3, $4),
		    list_join($5, $6)), list_join(list_join($7, $8), $9));
	}
	;

not_no:
	  %empty		{ $$ = 0; }
	| NO			{ $$ = 1; }
	;

scrubopts:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| scrubopts comma scrubopt { $$ = list_add($1, $3); }
	;

scrubopt:
	  fragopt
	| FRAGMENT REASSEMBLE	{ $$ = node_num(p, S_FRAG, 0); }
	| FRAGMENT FRAGCROP	{ $$ = node_num(p, S_FRAG, PFRULE_FRAGCROP); }
	| FRAGMENT FRAGDROP	{ $$ = node_num(p, S_FRAG, PFRULE_FRAGDROP); }
	| FRAGMENT NO REASSEMBLE {
		$$ = node_num(p, S_FRAG, PFRULE_NOFRAGMENT);
	}
	| natopt
	;

/* with scrub in both languages */
fragopt:
	  NODF			{ $$ = node_new(p, S_NODF, NULL, NULL); }
	| RANDOMID		{ $$ = node_new(p, S_RANDOMID, NULL, NULL); }
	| MINTTL number		{ $$ = node_new(p, S_MINTTL, $2, NULL); }
	| MAXMSS number		{ $$ = node_new(p, S_MAXMSS, $2, NULL); }
	| SETTOS string		{ $$ = node_new(p, S_SETTOS, $2, NULL); }
	| REASSEMBLE STRING	{ $$ = node_new(p, S_REASSTCP, $2, NULL); }
	;

natrule:
	  not_no natkind natpass on aflist proto fromto natopts redir {
		$$ = node_num(p, ST_RULE, $2);
		$$->neg = (uint8_t)$1;
		$$->a = list_join(list_join(list_join($3, $4),
		    list_join($5, $6)), list_join(list_join($7, $8), $9));
	}
	;

natkind:
	  NAT			{ $$ = PF_NAT; }
	| RDR			{ $$ = PF_RDR; }
	;

natpass:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| loglist
	| PASS			{
		$$ = list_of(node_new(p, P_NATPASS, NULL, NULL));
	}
	| PASS loglist		{
		$$ = list_add($2, node_new(p, P_NATPASS, NULL, NULL));
	}
	;

natopts:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| natopts natopt	{ $$ = list_add($1, $2); }
	;

natopt:
	  TAG word		{ $$ = node_new(p, P_TAG, $2, NULL); }
	| not TAGGED word	{
		$$ = node_new(p, P_TAGGED, $3, NULL);
		$$->neg = (uint8_t)$1;
	}
	| RTABLE number		{ $$ = node_new(p, P_RTABLE, $2, NULL); }
	| LABEL word		{ $$ = node_new(p, P_LABEL, $2, NULL); }
	| PROBABILITY string	{ $$ = node_new(p, P_PROBABILITY, $2, NULL); }
	;

redir:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| ARROW target		{
		$2->kind = P_REDIR;
		$$ = list_of($2);
	}
	;

/* where -> and nat-to lead */
target:
	  pool poolopts		{
		$$ = node_list(p, P_NATTO, $1);
		$$->b = $2;
	}
	| pool PORT string poolopts {
		$$ = node_new(p, P_NATTO, $3, NULL);
		$$->a = $1;
		$$->b = $4;
	}
	;

pool:
	  poolhost		{ $$ = list_of($1); }
	| '{' nl poollist '}'	{ $$ = $3; }
	;

poollist:
	  poolhost sep		{ $$ = list_of($1); }
	| poollist poolhost sep	{ $$ = list_add($1, $2); }
	;

poolhost:
	  host
	| host WEIGHT number	{
		$$ = node_new(p, N_WEIGHT, $3, NULL);
		$$->a = list_of($1);
	}
	;

poolopts:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| poolopts poolopt	{ $$ = list_add($1, $2); }
	;

poolopt:
	  BITMASK		{ $$ = node_new(p, O_BITMASK, NULL, NULL); }
	| RANDOM		{ $$ = node_new(p, O_RANDOM, NULL, NULL); }
	| SOURCEHASH		{ $$ = node_new(p, O_SRCHASH, NULL, NULL); }
	| SOURCEHASH string	{ $$ = node_new(p, O_SRCHASH, $2, NULL); }
	| ROUNDROBIN		{ $$ = node_new(p, O_ROUNDROBIN, NULL, NULL); }
	| LEASTSTATES		{ $$ = node_new(p, O_LEASTSTATES, NULL, NULL); }
	| STATICPORT		{ $$ = node_new(p, O_STATICPORT, NULL, NULL); }
	| STICKYADDRESS		{ $$ = node_new(p, O_STICKY, NULL, NULL); }
	;

binatrule:
	  not_no BINAT natpass on aflist proto FROM host binatto natopts redir {
		struct node *from = node_list(p, P_FROM, list_of($8));

		$$ = node_num(p, ST_RULE, PF_BINAT);
		$$->neg = (uint8_t)$1;
		$$->a = list_join(list_join(list_join($3, $4),
		    list_join($5, $6)), list_join(list_join(list_of(from), $9),
		    list_join($10, $11)));
	}
	;

binatto:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| TO ipspec		{ $$ = list_of(node_list(p, P_TO, $2)); }
	;

/*
 * Routing, and the options of a filter rule
 */

route:
	  %empty %prec NOTHERE	{ $$ = (struct list){ NULL, NULL }; }
	| routeto		{ $$ = list_of($1); }
	;

routeto:
	  FASTROUTE		{ $$ = node_num(p, P_ROUTE, PF_FASTROUTE); }
	| routekind routepool poolopts {
		$$ = node_num(p, P_ROUTE, $1);
		$$->a = $2;
		$$->b = $3;
	}
	;

routekind:
	  ROUTETO		{ $$ = PF_ROUTETO; }
	| REPLYTO		{ $$ = PF_REPLYTO; }
	| DUPTO			{ $$ = PF_DUPTO; }
	;

routepool:
	  routehost		{ $$ = list_of($1); }
	| '{' nl routelist '}'	{ $$ = $3; }
	;

routelist:
	  routehost sep		{ $$ = list_of($1); }
	| routelist routehost sep { $$ = list_add($1, $2); }
	;

routehost:
	  poolhost
	| '(' STRING host ')'	{
		$$ = node_new(p, N_GATEWAY, $2, NULL);
		$$->a = list_of($3);
	}
	;

fopts:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| fopts fopt		{ $$ = list_join($1, $2); }
	;

fopt:
	  foption		{ $$ = list_of($1); }
	| setting
	;

foption:
	  natopt
	| keepstate
	| routeto
	| USER ugspec		{ $$ = node_list(p, P_USER, $2); }
	| GROUP ugspec		{ $$ = node_list(p, P_GROUP, $2); }
	| FLAGS STRING '/' STRING { $$ = node_new(p, P_FLAGS, $2, $4); }
	| FLAGS '/' STRING	{ $$ = node_new(p, P_FLAGS, "", $3); }
	| FLAGS ANY		{ $$ = node_new(p, P_FLAGS, NULL, NULL); }
	| ICMPTYPE icmpspec	{
		$$ = node_list(p, P_ICMPTYPE, $2);
		$$->n[0] = AF_INET;
	}
	| ICMP6TYPE icmpspec	{
		$$ = node_list(p, P_ICMPTYPE, $2);
		$$->n[0] = AF_INET6;
	}
	| TOS string		{ $$ = node_new(p, P_TOS, $2, NULL); }
	| FRAGMENT		{ $$ = node_new(p, P_FRAGMENT, NULL, NULL); }
	| ALLOWOPTS		{ $$ = node_new(p, P_ALLOWOPTS, NULL, NULL); }
	| queuename
	| ONCE			{ $$ = node_new(p, P_ONCE, NULL, NULL); }
	| not RECEIVEDON ifitem	{
		$$ = node_list(p, P_RECEIVED, list_of($3));
		$$->neg = (uint8_t)$1;
	}
	| MAXPKTRATE number '/' number {
		$$ = node_new(p, P_PKTRATE, $2, $4);
	}
	| PRIO number		{ $$ = node_new(p, P_PRIO, $2, NULL); }
	| ridentifier
	| SCRUB '(' scrubitems ')' { $$ = node_list(p, P_SCRUB, $3); }
	| NATTO target		{ $$ = $2; }
	| RDRTO target		{
		$$ = $2;
		$$->kind = P_RDRTO;
	}
	| BINATTO target	{
		$$ = $2;
		$$->kind = P_BINATTO;
	}
	| AFTO			{
		pf_not_yet(p, "af-to");
		YYERROR;
	}
	| divert
	;

ridentifier:
	  RIDENTIFIER number	{ $$ = node_new(p, P_RIDENT, $2, NULL); }
	;

divert:
	  DIVERTTO host PORT string {
		$$ = node_new(p, P_DIVERT, $4, NULL);
		$$->n[0] = PF_DIVERT_TO;
		$$->a = list_of($2);
	}
	| DIVERTREPLY		{
		$$ = node_num(p, P_DIVERT, PF_DIVERT_REPLY);
	}
	| DIVERTPACKET		{
		pf_not_yet(p, "divert-packet");
		YYERROR;
	}
	;

queuename:
	  QUEUE word		{ $$ = node_new(p, P_QUEUE, $2, NULL); }
	| QUEUE '(' word ')'	{ $$ = node_new(p, P_QUEUE, $3, NULL); }
	| QUEUE '(' word comma word ')' {
		$$ = node_new(p, P_QUEUE, $3, $5);
	}
	;

setting:
	  SET setitem		{ $$ = list_of($2); }
	| SET '(' setitems ')'	{ $$ = $3; }
	;

setitems:
	  setitem		{ $$ = list_of($1); }
	| setitems comma setitem { $$ = list_add($1, $3); }
	;

setitem:
	  PRIO number		{ $$ = node_new(p, P_SETPRIO, $2, NULL); }
	| PRIO '(' number comma number ')' {
		$$ = node_new(p, P_SETPRIO, $3, $5);
	}
	| TOS string		{ $$ = node_new(p, P_SETTOS, $2, NULL); }
	| queuename		{
		$$ = $1;
		$$->neg = 1;
	}
	| DELAY			{
		pf_not_yet(p, "set delay");
		YYERROR;
	}
	;

scrubitems:
	  fragopt		{ $$ = list_of($1); }
	| scrubitems comma fragopt { $$ = list_add($1, $3); }
	;

keepstate:
	  NO STATE		{ $$ = node_num(p, P_KEEP, 0); }
	| keepkind STATE stateopts {
		$$ = node_num(p, P_KEEP, $1);
		$$->a = $3;
	}
	;

keepkind:
	  KEEP			{ $$ = PF_STATE_NORMAL; }
	| MODULATE		{ $$ = PF_STATE_MODULATE; }
	| SYNPROXY		{ $$ = PF_STATE_SYNPROXY; }
	;

stateopts:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| '(' statelist ')'	{ $$ = $2; }
	;

statelist:
	  stateopt		{ $$ = list_of($1); }
	| statelist comma stateopt { $$ = list_add($1, $3); }
	;

stateopt:
	  MAXIMUM number	{ $$ = node_new(p, K_MAX, $2, NULL); }
	| MAXSRCSTATES number	{ $$ = node_new(p, K_MAXSRCSTATES, $2, NULL); }
	| MAXSRCCONN number	{ $$ = node_new(p, K_MAXSRCCONN, $2, NULL); }
	| MAXSRCNODES number	{ $$ = node_new(p, K_MAXSRCNODES, $2, NULL); }
	| MAXSRCCONNRATE number '/' number {
		$$ = node_new(p, K_MAXSRCCONNRATE, $2, $4);
	}
	| NOSYNC		{ $$ = node_new(p, K_NOSYNC, NULL, NULL); }
	| SLOPPY		{ $$ = node_new(p, K_SLOPPY, NULL, NULL); }
	| PFLOW			{ $$ = node_new(p, K_PFLOW, NULL, NULL); }
	| SOURCETRACK		{ $$ = node_num(p, K_SRCTRACK, 0); }
	| SOURCETRACK GLOBAL	{
		$$ = node_num(p, K_SRCTRACK, PFRULE_SRCTRACK);
	}
	| SOURCETRACK RULE	{
		$$ = node_num(p, K_SRCTRACK,
		    PFRULE_SRCTRACK | PFRULE_RULESRCTRACK);
	}
	| OVERLOAD '<' name '>' opt_flush {
		$$ = node_new(p, K_OVERLOAD, $3, NULL);
		$$->n[0] = $5;
	}
	| IFBOUND		{ $$ = node_num(p, K_SCOPE, PFRULE_IFBOUND); }
	| GROUPBOUND		{ $$ = node_num(p, K_SCOPE, PFRULE_GRBOUND); }
	| FLOATING		{ $$ = node_num(p, K_SCOPE, 0); }
	| STRING number		{ $$ = node_new(p, K_TIMEOUT, $1, $2); }
	;

opt_flush:
	  %empty		{ $$ = 0; }
	| FLUSH			{ $$ = PF_FLUSH; }
	| FLUSH GLOBAL		{ $$ = PF_FLUSH | PF_FLUSH_GLOBAL; }
	;

/*
 * Queues
 */

altq:
	  ALTQ ifspec queueopts QUEUE {
		$$ = node_list(p, ST_ALTQ,
		    list_join(list_of(node_list(p, P_ON, $2)), $3));
	}
	| ALTQ ifspec queueopts QUEUE children {
		$$ = node_list(p, ST_ALTQ,
		    list_join(list_of(node_list(p, P_ON, $2)), $3));
		$$->b = $5;
	}
	;

queue:
	  QUEUE word on queueopts {
		$$ = node_new(p, ST_QUEUE, $2, NULL);
		$$->a = list_join($3, $4);
	}
	| QUEUE word on queueopts children {
		$$ = node_new(p, ST_QUEUE, $2, NULL);
		$$->a = list_join($3, $4);
		$$->b = $5;
	}
	;

children:
	  STRING		{ $$ = list_of(node_new(p, N_WORD, $1, NULL)); }
	| '{' nl childlist '}'	{ $$ = $3; }
	;

childlist:
	  word sep		{ $$ = list_of(node_new(p, N_WORD, $1, NULL)); }
	| childlist word sep	{
		$$ = list_add($1, node_new(p, N_WORD, $2, NULL));
	}
	;

queueopts:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| queueopts queueopt	{ $$ = list_add($1, $2); }
	;

queueopt:
	  BANDWIDTH string	{ $$ = node_new(p, Q_BANDWIDTH, $2, NULL); }
	| PRIORITY number	{ $$ = node_new(p, Q_PRIORITY, $2, NULL); }
	| QLIMIT number		{ $$ = node_new(p, Q_QLIMIT, $2, NULL); }
	| TBRSIZE number	{ $$ = node_new(p, Q_TBRSIZE, $2, NULL); }
	| sched			{ $$ = node_num(p, Q_SCHED, $1); }
	| sched '(' schedlist ')' {
		$$ = node_num(p, Q_SCHED, $1);
		$$->a = $3;
	}
	| PARENT word		{ $$ = node_new(p, Q_PARENT, $2, NULL); }
	| MINIMUM string	{ $$ = node_new(p, Q_MIN, $2, NULL); }
	| MAXIMUM string	{ $$ = node_new(p, Q_MAX, $2, NULL); }
	| BURST string FOR string { $$ = node_new(p, Q_BURST, $2, $4); }
	| DEFAULT		{ $$ = node_new(p, Q_DEFAULT, NULL, NULL); }
	| FLOWS			{
		pf_not_yet(p, "flows");
		YYERROR;
	}
	| QUANTUM		{
		pf_not_yet(p, "quantum");
		YYERROR;
	}
	| latersched		{
		pf_not_yet(p, $1);
		YYERROR;
	}
	;

latersched:
	  CODELQ
	| FAIRQ
	;

sched:
	  CBQ			{ $$ = ALTQT_CBQ; }
	| PRIQ			{ $$ = ALTQT_PRIQ; }
	| HFSC			{ $$ = ALTQT_HFSC; }
	;

schedlist:
	  schedflag		{ $$ = list_of($1); }
	| schedlist comma schedflag { $$ = list_add($1, $3); }
	;

schedflag:
	  word			{ $$ = node_new(p, Q_FLAG, $1, NULL); }
	| curvekind string	{
		$$ = node_new(p, Q_CURVE, $2, NULL);
		$$->n[0] = $1;
	}
	| curvekind '(' string comma string comma string ')' {
		$$ = node_new(p, Q_CURVE, $3, $5);
		$$->n[0] = $1;
		$$->a = list_of(node_new(p, N_WORD, $7, NULL));
	}
	;

curvekind:
	  LINKSHARE		{ $$ = PFALTQ_LINKSHARE; }
	| REALTIME		{ $$ = PFALTQ_REALTIME; }
	| UPPERLIMIT		{ $$ = PFALTQ_UPPERLIMIT; }
	;

/*
 * antispoof
 */

antispoof:
	  ANTISPOOF quicklog FOR antispoofifs aflist spoofopts {
		$$ = node_list(p, ST_ANTISPOOF, list_join(list_join($2, $5),
		    $6));
		$$->b = $4;
	}
	;

spoofopts:
	  %empty		{ $$ = (struct list){ NULL, NULL }; }
	| spoofopts natopt	{ $$ = list_add($1, $2); }
	| spoofopts ridentifier	{ $$ = list_add($1, $2); }
	;

antispoofifs:
	  antispoofif		{ $$ = list_of($1); }
	| '{' nl antispooflist '}' { $$ = $3; }
	;

antispooflist:
	  antispoofif sep	{ $$ = list_of($1); }
	| antispooflist antispoofif sep { $$ = list_add($1, $2); }
	;

antispoofif:
	  ifitem
	| '(' STRING ')'	{ $$ = node_new(p, N_DYN, $2, NULL); }
	;

%%

#define EXPECTED_MAX	5	/* more are no help */

/*
 * What a text from a pipe gets is the classic message and nothing else; a person who
 * has written a file is told what stands in the way and what could stand there.
 */
static int
yyreport_syntax_error(const yypcontext_t *ctx, struct parser *p)
{
	yysymbol_kind_t want[EXPECTED_MAX + 1];
	char list[160];
	const char *hint, *name;
	int i, n, used = 0;

	if ((name = absent_word(p)) != NULL) {
		pf_not_yet(p, name);
		return (0);
	}
	if (pf_terse(p)) {
		pf_error(p, 0, "syntax error");
		return (0);
	}
	if (p->lex_error)
		return (0);	/* a message is out */
	hint = syntax_hint(p);
	list[0] = '\0';
	n = yypcontext_expected_tokens(ctx, want, EXPECTED_MAX + 1);
	if (hint == NULL && (n > EXPECTED_MAX || n <= 0))
		hint = syntax_form(p);
	for (i = 0; hint == NULL && i < n; i++) {
		name = yysymbol_name(want[i]);
		if (strcmp(name, "'\\n'") == 0)
			name = "the end of the line";
		used += snprintf(list + used, sizeof(list) - (size_t)used,
		    "%s%s", i == 0 ? "; here stands " : i == n - 1 ? " or " :
		    ", ", name);
		if (used >= (int)sizeof(list))
			break;
	}
	pf_error(p, 0, "syntax error at %s%s%s", token_text(p),
	    hint != NULL ? ": " : list, hint != NULL ? hint : "");
	return (0);
}
