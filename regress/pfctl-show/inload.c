// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * inload.c: files loaded into an instance in this process: what is shown afterwards is
 * what the file says, and whatever fails, wherever it fails, changes nothing.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include "insim.h"
#include "pfctl.h"

#define TEXT	32768

static struct names	*names;

/* Rules in the form in which they are shown. */
static const char rules_a[] =
    "block drop all\n"
    "pass in quick on ext inet proto tcp from 10.0.0.0/8 to 10.1.2.3 "
    "port = ssh flags S/SA keep state label \"ssh\"\n"
    "pass out inet6 all flags S/SA keep state\n";

static const char options_a[] =
    "set timeout tcp.first 33\n"
    "set limit states 5000\n"
    "set loginterface ext\n"
    "set skip on lo\n"
    "set debug loud\n";

/* Another file, and much larger. */
static void
write_b(FILE *f)
{
	int i;

	fprintf(f, "set limit states 7000\nset skip on { int, lo }\n");
	for (i = 0; i < 100; i++)
		fprintf(f, "block return in on if%d inet proto udp from "
		    "10.0.%d.0/24 to any port = 53\n", i, i);
}

static const char	*path;
static int	 optimize_as = PFCTL_OPT_FILE;

static void
write_file(const char *options, const char *rules)
{
	FILE *f;

	if ((f = fopen(path, "w")) == NULL)
		abort();
	if (rules == NULL)
		write_b(f);
	else
		fprintf(f, "%s%s", options, rules);
	if (fclose(f) != 0)
		abort();
}

static int
load_as(struct program *p, int what, bool merge, const char *anchor)
{
	struct ctl_load l;

	memset(&l, 0, sizeof(l));
	l.file = path;
	l.anchor = anchor;
	l.what = what;
	l.merge = merge;
	l.optimize = optimize_as;
	return (load_rules(&p->dev, &l));
}

static int
load(struct program *p)
{
	return (load_as(p, LOAD_ALL, false, ""));
}

static int
show_with_names(struct pf_dev *dev, struct ctl_show *sh)
{
	sh->names = names;
	return (show_rules(dev, sh));
}

/* Everything that a load can change, as text. */
static void
snapshot(struct program *p, char text[TEXT])
{
	static int (*const show[])(struct pf_dev *, struct ctl_show *) = {
		show_with_names, show_limits, show_timeouts, show_ifaces,
	};
	struct pf_status s;
	size_t i, len = 0;

	for (i = 0; i < sizeof(show) / sizeof(show[0]); i++) {
		/* -v for interfaces: which are skipped */
		CHECK(text_of(show[i], &p->dev, show[i] == show_ifaces, "",
		    text + len, TEXT - len) == 0);
		len += strlen(text + len);
	}
	CHECK(PF_DO(&p->dev, DIOCGETSTATUS, &s) == 0);
	snprintf(text + len, TEXT - len, "%s %u %08x %02x%02x\n", s.ifname,
	    s.debug, s.hostid, s.pf_chksum[0], s.pf_chksum[15]);
}

static void
test_shown(struct program *p)
{
	char text[TEXT];

	write_file(options_a, rules_a);
	CHECK(load(p) == 0);
	CHECK(text_of(show_with_names, &p->dev, 0, "", text, sizeof(text)) ==
	    0);
	CHECK(strcmp(text, rules_a) == 0 || !printf("%s", text));
	CHECK(text_of(show_with_names, &p->dev, 2, "", text, sizeof(text)) ==
	    0);
	CHECK(has(text, "@0 block drop all\n  [ Evaluations: 0         "
	    "Packets: 0         Bytes: 0           States: 0     ]\n"
	    "  [ Inserted: uid 0 pid 100 State Creations: 0     ]\n"
	    "@1 pass in quick on ext "));
	CHECK(text_of(show_labels, &p->dev, 0, "", text, sizeof(text)) == 0);
	CHECK(has(text, "ssh 0 0 0 0 0 0 0 0\n"));
	snapshot(p, text);
	CHECK(has(text, "tcp.first                    33s\n"));
	CHECK(has(text, "states        hard limit     5000\n"));
	CHECK(has(text, "adaptive.start             3000 states\n"));
	CHECK(has(text, "ext 3 "));
	CHECK(has(text, "lo (skip) (absent)\n"));

	/* what a file does not name goes back to its default .. */
	write_file("set limit frags 77\n", rules_a);
	CHECK(load(p) == 0);
	snapshot(p, text);
	CHECK(has(text, "tcp.first                   120s\n"));
	CHECK(has(text, "states        hard limit   100000\n"));
	CHECK(has(text, "frags         hard limit       77\n"));
	CHECK(has(text, "adaptive.start            60000 states\n"));
	CHECK(strstr(text, "skip") == NULL);

	/* .. unless it is merged, and parts leave the rest alone */
	write_file("set limit states 1000\n", "pass all\n");
	CHECK(load_as(p, LOAD_OPTION, true, "") == 0);
	snapshot(p, text);
	CHECK(has(text, rules_a));
	CHECK(has(text, "states        hard limit     1000\n"));
	CHECK(has(text, "frags         hard limit       77\n"));
	CHECK(has(text, "adaptive.end               1200 states\n"));
	CHECK(load_as(p, LOAD_FILTER, false, "") == 0);
	snapshot(p, text);
	CHECK(has(text, "frags         hard limit       77\n"));
	CHECK(strncmp(text, "pass all flags S/SA keep state\n", 31) == 0);
}

/* Files that cannot be loaded leave all as it is. */
static void
test_refused(struct program *p, struct program *other)
{
	static const char *const bad[] = {
		"pass all\nthis is no rule\n",
		"set limit states 1\npass in all keep state (pflow)\n",
		"table <t> file \"/\"\nset limit states 1\nblock all\n",
		"table <t> { 10.0.0.1/33 }\nset limit states 1\nblock all\n",
		"pass in from 10.0.0.1 to { ",
		"set limit states 1\nset fingerprints \"pf.os\"\npass all\n",
		"set limit states 1\nset ruleset-optimization profile\n",
		"pass in af-to inet6 from 2001:db8::1\n",
		"nat on ext inet from any to any -> 10.0.0.1\nblock in queue q\n",
	};
	char before[TEXT], after[TEXT];
	struct trans t;
	size_t i;

	write_file(options_a, rules_a);
	CHECK(load(p) == 0);
	snapshot(p, before);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_file("", bad[i]);
		if (load(p) != -1) {
			printf("loaded: %s", bad[i]);
			failures++;
		}
		snapshot(p, after);
		CHECK(strcmp(before, after) == 0);
	}

	/* what -o asks for, rather than the file; the rule below is covered */
	write_file("", "pass all flags S/SA keep state\n"
	    "pass proto tcp all flags S/SA keep state\n");
	optimize_as = PFCTL_OPT_PROFILE;
	CHECK(load(p) == -1);
	snapshot(p, after);
	CHECK(strcmp(before, after) == 0);
	optimize_as = PFCTL_OPT_BASIC;
	CHECK(load(p) == 0);
	snapshot(p, after);
	CHECK(strncmp(after, "pass all flags S/SA keep state\n", 31) == 0);
	CHECK(strstr(after, "proto tcp") == NULL);
	optimize_as = PFCTL_OPT_FILE;
	write_file(options_a, rules_a);
	CHECK(load(p) == 0);

	write_file("", NULL);
	trans_init(&t, &other->dev);
	CHECK(trans_add(&t, PF_TRANS_OPTIONS, "") == 0);
	CHECK(trans_begin(&t) == 0);
	CHECK(load(p) == -1);			/* busy */
	snapshot(p, after);
	CHECK(strcmp(before, after) == 0);
	trans_free(&t);
	unlink(path);
	CHECK(load(p) == -1);			/* no such file */
	snapshot(p, after);
	CHECK(strcmp(before, after) == 0);
}

/* Which list of fingerprints is in force after a load, and which names rules may use. */
static void
test_systems(struct program *p)
{
	static const char linux_only[] =
	    "pass in proto tcp from any os \"Linux\" to any\n";
	static const char list[] = "set fingerprints \"../../etc/pf.os\"\n";
	char text[TEXT], all[TEXT];
	struct stat st;
	FILE *f;

	write_file(list, "pass in proto tcp from any os \"Windows 98\" to any\n");
	CHECK(load(p) == 0);
	CHECK(text_of(show_osfp, &p->dev, 0, "", all, sizeof(all)) == 0);
	CHECK(has(all, "\nWindows\n"));
	CHECK(has(all, "\nWindows         98\n"));
	CHECK(has(all, "\nWindows         98              lowTTL\n"));
	CHECK(text_of(show_osfp, &p->dev, 1, "", text, sizeof(text)) == 0);
	CHECK(has(text, "\n%8192:64:1:48:M536,N,N,S:Windows:98::\n"));
	CHECK(has(text, "\n16384:64:0:40:.:ULTRIX:4.5::\n"));
	snapshot(p, text);
	CHECK(has(text, "from any os \"Windows 98\" to any"));

	/* rules of an anchor, rules alone, and what is merged: the list stays, whatever
	 * file an anchor would have */
	write_file("set fingerprints \"nothere\"\n", linux_only);
	CHECK(load_as(p, LOAD_ALL, false, "guest") == 0);
	write_file("", linux_only);
	CHECK(load_as(p, LOAD_FILTER, false, "") == 0);
	CHECK(load_as(p, LOAD_ALL, true, "") == 0);
	CHECK(text_of(show_osfp, &p->dev, 0, "", text, sizeof(text)) == 0);
	CHECK(strcmp(text, all) == 0);

	/* another list, which does not have that system */
	if ((f = fopen("own.os", "w")) == NULL)
		abort();
	fprintf(f, "8192:64:0:40:.:Own:1::\n");
	fclose(f);
	write_file("set fingerprints \"own.os\"\n", "pass\n");
	CHECK(load(p) == 0);
	unlink("own.os");
	CHECK(text_of(show_osfp, &p->dev, 0, "", text, sizeof(text)) == 0);
	CHECK(has(text, "\nOwn\nOwn             1\n"));
	CHECK(strstr(text, "Linux") == NULL);
	write_file("", linux_only);
	CHECK(load_as(p, LOAD_ALL, false, "guest") == -1);
	write_file(list, linux_only);
	CHECK(load_as(p, LOAD_ALL, true, "") == 0);
	CHECK(text_of(show_osfp, &p->dev, 0, "", text, sizeof(text)) == 0);
	CHECK(strcmp(text, all) == 0);

	/* none: what is not said goes back to the default, which is not there or empty */
	if (stat(PFCTL_PF_OS, &st) == 0 && st.st_size != 0)
		return;
	write_file("", "pass\n");
	CHECK(load(p) == 0);
	CHECK(text_of(show_osfp, &p->dev, 1, "", text, sizeof(text)) == 0);
	CHECK(text[0] == '\0');
	write_file("", linux_only);
	CHECK(load(p) == -1);
	CHECK(load_as(p, LOAD_ALL, true, "") == -1);
	CHECK(load_as(p, LOAD_ALL, false, "guest") == -1);
	write_file("", "pass proto tcp from any os unknown\n");
	CHECK(load(p) == (access(PFCTL_PF_OS, F_OK) == 0 ? 0 : -1));
	/* who loads tables alone needs no names */
	write_file(list, linux_only);
	CHECK(load_as(p, LOAD_TABLE, false, "") == 0);
	CHECK(text_of(show_osfp, &p->dev, 1, "", text, sizeof(text)) == 0);
	CHECK(text[0] == '\0');
}

/* Each allocation of the kernel's in turn fails: all of the old or all of the new. */
static void
test_memory(struct program *p)
{
	char old[TEXT], new[TEXT], after[TEXT];
	unsigned long i, failed = 0;
	bool done = false;

	write_file("", NULL);
	CHECK(load(p) == 0);
	snapshot(p, new);
	for (i = 1; !done && i < 100000; i++) {
		write_file(options_a, rules_a);
		CHECK(load(p) == 0);
		snapshot(p, old);
		write_file("", NULL);
		sim_fail_alloc(i);
		done = load(p) == 0;
		if (!done)
			failed++;
		else if (sim_fail_done() != 0)
			done = false;		/* it could do without */
		sim_fail_alloc(0);
		snapshot(p, after);
		if (strcmp(after, old) != 0 && strcmp(after, new) != 0) {
			printf("allocation %lu: neither old nor new\n", i);
			failures++;
			break;
		}
	}
	CHECK(done && failed > 100);
	CHECK(strcmp(after, new) == 0);
}

int
main(void)
{
	struct program a, b;
	struct sim_node *n;
	struct sim *sim;
	char name[] = "/tmp/inload.XXXXXX";
	int fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* messages of what is refused are not looked at */
	if (getenv("VERBOSE") == NULL &&
	    freopen("/dev/null", "w", stderr) == NULL)
		return (1);
	if ((fd = mkstemp(name)) == -1)
		return (1);
	close(fd);
	path = name;
	if ((names = pfctl_names_new()) == NULL)
		abort();
	sim = sim_new(1);
	if ((n = sim_node_new(sim, "fw")) == NULL)
		abort();
	CHECK(sim_if_add(n, 1, "ext") == 0 && sim_if_add(n, 2, "int") == 0);
	program_start(&a, n, 100);
	program_start(&b, n, 101);

	test_shown(&a);
	test_refused(&a, &b);
	test_systems(&a);
	test_memory(&a);

	program_end(&a);
	program_end(&b);
	sim_free(sim);
	pfctl_names_free(names);
	unlink(name);
	printf("inload: %d checks, %d failed\n", checks, failures);
	return (failures != 0);
}
