// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * test_model.c: random TCP conversations through one firewall or two.
 *
 * Two ends that do what RFC 9293 says (model_end.h) talk over links that lose, delay, reorder and
 * duplicate packets; the programs at the ends open, write, read, close and abort at random times,
 * and ends crash and forget everything.  Firewalls lose their states.  Every packet is a real one
 * and goes through pf_test(), coming in and going out.
 *
 * The seed of a conversation says what the firewalls do: nothing more, `modulate state', `scrub
 * (reassemble tcp)', or both; and of two firewalls, both of them or one.  An end sees what comes
 * out of them: numbers and timestamps are read from the packet that has arrived.
 *
 * No legal segment may be dropped: none that an end sends by the RFC in its state, sent again,
 * late or doubled by the network.  A drop is no fault if
 *	- pf answered in the receiver's name (a challenge ACK), or has done so in this second;
 *	- the receiver as it is now would do nothing at all with it;
 *	- the receiver would only answer it, and it is a duplicate made by the network, or its sender
 *	  has forgotten that connection since, or knows by now that the receiver has all of it;
 *	- it has no data and acknowledges what the receiver has never sent: two ends that would only
 *	  tell each other so;
 *	- its timestamp is older than one whose echo has come into the firewall: the receiver has the
 *	  newer one, and would refuse it, as overtaken (RFC 7323, 5.3);
 *	- it has no data and answers a challenge ACK of pf: without that it would not be there;
 *	- it acknowledges, or echoes, what came through a state that has been replaced by another one,
 *	  which changes numbers by other differences; or the firewall before has replaced its state,
 *	  and so changes timestamps by another difference than that of the SYN;
 *	- the rules drop it, since the firewall has no state and it is no SYN; or would have, since
 *	  the firewall has lost its connection's state, and only an old SYN has made another one;
 *	- its sender has forgotten that connection, and a SYN of the next one came through before it;
 *	- it is a RST that repeats one which the firewall has let through;
 *	- it is a RST that answers what came through before the SYN that made the firewall's present
 *	  state: what is sent again will be answered again, and pass;
 *	- it is the answer to a SYN that came through before a RST which ended the state: the SYN is
 *	  sent again, and makes a new one.
 * In the end one side crashes, and must get a new connection on the same ports whatever is left
 * at the other end and in the firewalls, within a minute; and that must carry data both ways.  The
 * minute does not count while each end has answered a SYN that the other one has forgotten: by
 * RFC 9293, 3.10.7.4, they acknowledge all of each other's segments until one gives up.
 *
 * While both ends are established, segments with numbers far from theirs are thrown in; all of
 * them must be dropped; and if the firewall compares timestamps, some with the right numbers and
 * the echo of a timestamp that was never sent.
 *
 * PF_MODEL=N runs N conversations (100,000 take some minutes); PF_MODEL_SEED=S is the first of
 * them.  A conversation depends on its own seed alone: after a failure it is printed, and
 * PF_MODEL_SEED=S PF_MODEL=1 is that one again.
 */
#include <arpa/inet.h>

#include "unit.h"
#include "model_end.h"

#define CONVERSATIONS	400
#define FIRST_SEED	1
#define PORT_A		1024
#define PORT_B		80
#define INFLIGHT	512
#define REASONS		9
#define STEPS		20000		/* of a conversation, at most */

struct flight {
	uint64_t	 when;
	int		 to;		/* a firewall; -1: end 0, nfw: end 1 */
	int		 dir;		/* 0: towards end 1 */
	struct pf_pkt	*pkt;
	struct seg	 g;
};

struct conv {
	uint64_t	 seed, rng;
	bool		 loud;
	struct sim	*sim;
	struct sim_node	*fw[2];
	int		 nfw;
	bool		 v6, calm;
	uint64_t	 flushed[2];		/* when a firewall lost its states */
	bool		 modulate[2], norm[2];	/* by firewall */
	struct end	 end[2];
	struct flight	 fl[INFLIGHT];
	unsigned int	 nfl;
	uint32_t	 loss, dup, jitter;	/* of a million; microseconds */
	uint64_t	 challenged[2];		/* second of the last one, by firewall */
	uint64_t	 badstate[2];		/* counters, of states and timestamps */
	uint32_t	 rst[2][2];		/* last one passed, by firewall and end */
	uint64_t	 syn[2];		/* when a SYN last passed, by firewall */
	uint64_t	 rst_at[2];		/* and a RST, after which the state had ended */
	uint64_t	 asked[2][2];		/* the SYN that an end answers, by end and firewall */
	uint16_t	 syn_life[2][2];	/* of whom was the SYN, by firewall and end */
	uint16_t	 last_life[2][2];	/* the greatest of these .. */
	uint64_t	 last_syn[2][2];	/* .. and when its SYN last passed */
	struct seg	 cause;			/* what is being answered */
	bool		 landing;
	unsigned long	 excused[REASONS];		/* drops, by the reasons above */
	bool		 oracle;		/* nothing is sent, only counted */
	unsigned int	 answers;
	uint64_t	 made[2];		/* when there was a new state, by firewall .. */
	uint64_t	 ids[2];		/* .. and the sum of their numbers */
	uint32_t	 echoed[2][2];		/* newest one, by firewall and whose clock .. */
	uint16_t	 echoed_boot[2][2];	/* .. it is */
	unsigned long	 segs, forged, challenges;
	const char	*wrong;
};

static struct conv *conv;		/* the one that emit() belongs to */

static uint64_t
rnd(struct conv *c, uint64_t n)
{
	uint64_t z = c->rng += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return ((z ^ z >> 31) % n);
}

static bool
chance(struct conv *c, uint32_t million)
{
	return (rnd(c, 1000000) < million);
}

static void
show(struct conv *c, const char *what, int where, const struct seg *g)
{
	static const char names[] = "FSRPAUEW";
	char fl[9];
	int n = 0;

	if (!c->loud)
		return;
	for (int i = 0; i < 8; i++)
		if ((g->flags & 1 << i) != 0)
			fl[n++] = names[i];
	fl[n] = '\0';
	printf("%10.6f %-8s at %2d: %c%s%s %-3s seq %u ack %u len %u win %u%s",
	    (double)(c->sim->now - SIM_START) / 1e6, what, where,
	    g->from == 0 ? 'A' : 'B', g->dup ? " dup" : "", g->pf ? " pf" : "",
	    fl, g->seq, g->ack, g->len, g->win, g->ts ? "" : "\n");
	if (g->ts)
		printf(" ts %u %u\n", g->val, g->echo);
}

static void
note(struct conv *c, const char *what, int who)
{
	if (c->loud)
		printf("%10.6f %c %s (A %d, B %d)\n",
		    (double)(c->sim->now - SIM_START) / 1e6, 'A' + who, what,
		    c->end[0].state, c->end[1].state);
}

static const char *const addrs[2][2] = {
	{ "10.1.0.2", "10.2.0.2" }, { "2001:db8:1::2", "2001:db8:2::2" },
};

static struct pf_pkt *
packet_of(const struct conv *c, const struct seg *g)
{
	uint8_t opt[12] = { PF_TCPOPT_NOP, PF_TCPOPT_NOP, PF_TCPOPT_TS, PF_TCPOPT_TS_LEN };
	struct sim_spec sp = {
		.src = addrs[c->v6][g->from], .dst = addrs[c->v6][!g->from],
		.proto = IPPROTO_TCP, .flags = g->flags, .seq = g->seq,
		.ack = g->ack, .win = g->win, .wscale = g->ws,
		.sport = g->from == 0 ? PORT_A : PORT_B,
		.dport = g->from == 0 ? PORT_B : PORT_A, .paylen = g->len,
		.tcp_opts = opt, .tcp_optlen = g->ts ? sizeof(opt) : 0,
	};
	struct pf_pkt *p;

	pf_put32(opt + 4, g->val);
	pf_put32(opt + 8, g->echo);
	p = sim_pkt_build(&sp);

	/* to the checksum 0 and 65535 are the same */
	if (g->win == 0)
		sim_pkt_write(p, (c->v6 ? 40U : 20U) + 14, "\0\0", 2);
	return (p);
}

/* The segment with the numbers that the packet has now. */
static void
read_packet(struct conv *c, const struct pf_pkt *p, struct seg *g)
{
	struct sim_info in;
	uint8_t b[120], *th = b + (c->v6 ? 40 : 20);

	if (!sim_pkt_info(p, &in)) {
		c->wrong = in.wrong;
		return;
	}
	sim_pkt_bytes(p, b, sizeof(b));
	g->seq = in.seq;
	g->ack = in.ack;
	th += (th[12] >> 4) * 4;
	if (g->ts) {
		g->val = pf_get32(th - 8);
		g->echo = pf_get32(th - 4);
	}
}

/* Onto the link to the next place, which may lose it or make two of it. */
static void
fly(struct conv *c, int to, int dir, struct pf_pkt *p, const struct seg *g)
{
	struct flight *f;
	struct seg twin;

	if (c->nfl == INFLIGHT || chance(c, c->loss)) {
		show(c, "lost", to, g);
		sim_pkt_free(p);
		return;
	}
	if (c->nfl + 1 < INFLIGHT && chance(c, c->dup)) {
		twin = *g;
		twin.dup = true;
		f = &c->fl[c->nfl++];
		*f = (struct flight){ c->sim->now + 1000 + rnd(c, 300000), to,
		    dir, sim_pkt_copy(p), twin };
	}
	f = &c->fl[c->nfl++];
	*f = (struct flight){ c->sim->now + 1000 + rnd(c, c->jitter), to, dir,
	    p, *g };
}

static void
emit(struct end *e, struct seg *g)
{
	struct conv *c = conv;

	if (c->oracle) {
		c->answers++;
		return;
	}
	c->segs++;
	g->orig = g->seq;
	g->orig_val = g->val;
	g->boot = e->boot;
	g->to_pf = c->landing && c->cause.pf;
	g->to_life = c->end[!e->who].life;
	memcpy(g->cause, c->cause.passed, sizeof(g->cause));
	if ((g->flags & (PF_TH_SYN | PF_TH_ACK)) == (PF_TH_SYN | PF_TH_ACK)) {
		if (c->landing)
			memcpy(c->asked[e->who], g->cause, sizeof(g->cause));
		else			/* sent again by the timer */
			memcpy(g->cause, c->asked[e->who], sizeof(g->cause));
	}
	show(c, "sends", e->who, g);
	fly(c, e->who == 0 ? 0 : c->nfw - 1, e->who, packet_of(c, g), g);
}

static uint32_t
new_iss(struct conv *c)
{
	return ((uint32_t)rnd(c, 1ULL << 32));
}

static uint64_t
badstates(struct sim_node *n)
{
	struct pf_status st;

	unit_status(n, &st);
	return (st.counters[PFRES_BADSTATE] + st.counters[PFRES_TS]);
}

#include "model_judge.h"

static bool
connected(const struct conv *c)
{
	const struct end *a = &c->end[0], *b = &c->end[1];

	return (a->state == T_EST && b->state == T_EST && a->his_iss == b->iss &&
	    b->his_iss == a->iss);
}

/* What the firewall has sent by itself starts from there to the end that it is for. */
static bool
take_sent(struct conv *c, int fw)
{
	struct pf_pkt *p;
	struct sim_info in;
	struct seg g;
	bool any = false;

	while ((p = sim_pktq_take(&c->fw[fw]->sent)) != NULL) {
		assert_true(sim_pkt_info(p, &in));
		p->own = false;		/* a mark does not leave the machine */
		memset(&g, 0, sizeof(g));
		g.from = strcmp(in.src, addrs[c->v6][1]) == 0;
		g.flags = in.flags;
		g.seq = in.seq;
		g.ack = in.ack;
		g.win = in.win;
		g.pf = true;
		g.sure = connected(c);
		g.life = c->end[g.from].life;
		g.to_life = c->end[!g.from].life;
		if (in.flags != PF_TH_ACK)
			c->wrong = "pf sent something else than an ACK";
		c->challenges++;
		show(c, "pf sends", fw, &g);
		fly(c, g.from == 0 ? fw + 1 : fw - 1, g.from, p, &g);
		any = true;
	}
	return (any);
}

/* The states, of what comes in and of what goes out, both of whose ends have come that far. */
static uint32_t
come_to(struct conv *c, int fw, uint8_t state)
{
	struct pfsync_state *s;
	uint32_t n = unit_states(c->fw[fw], &s), far = 0;

	for (uint32_t i = 0; i < n; i++)
		far += s[i].src.state >= state && s[i].dst.state >= state;
	free(s);
	return (far);
}

static void
note_new_states(struct conv *c, int fw)
{
	struct pfsync_state *s;
	uint32_t n;
	uint64_t sum = 0;

	if (!c->norm[fw] && !c->modulate[fw])
		return;
	n = unit_states(c->fw[fw], &s);
	for (uint32_t i = 0; i < n; i++)
		sum += s[i].id;
	free(s);
	if (sum != c->ids[fw])
		c->made[fw] = c->sim->now;
	c->ids[fw] = sum;
}

/* A SYN has passed. */
static void
note_syn(struct conv *c, int fw, const struct seg *g)
{
	if ((g->flags & PF_TH_ACK) == 0)
		c->syn[fw] = c->sim->now;
	c->syn_life[fw][g->from] = g->life;
	if (g->life >= c->last_life[fw][g->from]) {
		c->last_life[fw][g->from] = g->life;
		c->last_syn[fw][g->from] = c->sim->now;
	}
	note_new_states(c, fw);
}

/* The echo of a timestamp has come into the firewall. */
static void
note_echo(struct conv *c, int fw, const struct seg *g)
{
	uint32_t *echoed = &c->echoed[fw][!g->from];
	uint16_t *boot = &c->echoed_boot[fw][!g->from];

	if (!g->ts || g->his_boot == 0 ||
	    (g->his_boot == *boot && le(g->orig_echo, *echoed)))
		return;
	*echoed = g->orig_echo;
	*boot = g->his_boot;
}

static void
through(struct conv *c, struct flight *f)
{
	struct sim_node *n = c->fw[f->to];
	int in = f->dir == 0 ? 1 : 2, out = 3 - in, verdict, dir = PF_IN;
	struct seg was = f->g;
	bool answered;

	verdict = sim_test(n, PF_IN, in, f->pkt);
	if (verdict == PF_PASS) {
		dir = PF_OUT;
		note_echo(c, f->to, &was);
		verdict = sim_test(n, PF_OUT, out, f->pkt);
	}
	read_packet(c, f->pkt, &f->g);
	answered = take_sent(c, f->to);
	if (answered && verdict == PF_PASS)
		c->wrong = "passed and challenged";
	if (verdict == PF_PASS) {
		f->g.passed[f->to] = c->sim->now;
		if ((f->g.flags & PF_TH_SYN) != 0)
			note_syn(c, f->to, &f->g);
		if ((f->g.flags & PF_TH_RST) != 0)
			c->rst[f->to][f->g.from] = was.seq;
		if ((f->g.flags & PF_TH_RST) != 0 &&
		    come_to(c, f->to, PF_TCPS_FIN_WAIT_2) != 0)
			c->rst_at[f->to] = c->sim->now;
		fly(c, f->to + (f->dir == 0 ? 1 : -1), f->dir, f->pkt, &f->g);
		return;
	}
	judge_drop(c, f->to, dir, &was, answered, &f->g);
	sim_pkt_free(f->pkt);
}

/*
 * While two ends are connected nobody tells one of them what the other one does not mean.  But a
 * late RST may end a state, and a late SYN make a new one, which does not know by how much the old
 * one has changed the numbers and the timestamps.
 */
static void
judge_arrival(struct conv *c, const struct end *e, const struct seg *g)
{
	const struct end *from = &c->end[g->from];

	if (!connected(c) || (g->pf && !g->sure) || g->life != from->life || g->to_life != e->life ||
	    (g->flags & PF_TH_ACK) == 0)
		return;
	if (g->pf ? c->modulate[0] || c->modulate[1] :
	    g->seq - g->orig != e->irs - e->his_iss)
		return;
	if (lt(from->rcv_nxt - from->irs, g->ack - e->iss))
		c->wrong = "an end is told of more than has arrived";
	if (!g->ts || !e->ts_on || echo_replaced(c, g) ||
	    g->val - g->orig_val != e->recent - e->recent_orig)
		return;
	if (lt(g->echo, e->first_val) || lt(clock_of(e), g->echo))
		c->wrong = "the echo of a timestamp that was never sent";
}

static void
land(struct conv *c, struct flight *f)
{
	struct end *e = &c->end[f->to < 0 ? 0 : 1];

	show(c, "arrives", f->to, &f->g);
	e->now = c->sim->now;
	judge_arrival(c, e, &f->g);
	c->cause = f->g;
	c->landing = true;
	end_arrive(e, &f->g, new_iss(c));
	c->landing = false;
	memset(&c->cause, 0, sizeof(c->cause));
	sim_pkt_free(f->pkt);
}

/* The next packet or timer up to this time; false: there is none. */
static bool
next_event(struct conv *c, uint64_t until)
{
	unsigned int at = 0;
	struct flight f;
	uint64_t when = NEVER;
	int who = -1;

	for (unsigned int i = 0; i < c->nfl; i++)
		if (c->fl[i].when < when) {
			when = c->fl[i].when;
			at = i;
		}
	for (int i = 0; i < 2; i++)
		if (c->end[i].timer < when) {
			when = c->end[i].timer;
			who = i;
		}
	if (when > until) {
		sim_advance(c->sim, until - c->sim->now);
		return (false);
	}
	if (when > c->sim->now)
		sim_advance(c->sim, when - c->sim->now);
	if (who >= 0) {
		c->end[who].now = when;
		end_timer(&c->end[who]);
		return (true);
	}
	f = c->fl[at];
	c->fl[at] = c->fl[--c->nfl];
	if (f.to >= 0 && f.to < c->nfw)
		through(c, &f);
	else
		land(c, &f);
	return (true);
}

static void
run_until(struct conv *c, uint64_t until)
{
	for (unsigned int n = 0; c->wrong == NULL && next_event(c, until); n++)
		if (n == STEPS)
			c->wrong = "no end of it";
}

/*
 * Who cannot see the connection guesses: not within a million of the right numbers.
 */
static void
forge(struct conv *c)
{
	static const uint8_t flags[] = { PF_TH_ACK, PF_TH_ACK | PF_TH_FIN,
		PF_TH_RST, PF_TH_RST | PF_TH_ACK, PF_TH_SYN,
		PF_TH_SYN | PF_TH_ACK };
	struct seg g = { .from = (uint8_t)rnd(c, 2) };
	const struct end *e = &c->end[g.from];
	struct pf_pkt *p;
	uint32_t far = 1U << 20;

	int fw = g.from == 0 ? 0 : c->nfw - 1;

	/* who has not seen the last ACK has an open mind, and after a late RST the
	 * state lets a SYN begin a new one */
	if (!connected(c) || come_to(c, fw, PF_TCPS_ESTABLISHED) != 2 ||
	    come_to(c, fw, PF_TCPS_CLOSING) != 0)
		return;
	g.flags = flags[rnd(c, NITEMS(flags))];
	g.seq = e->nxt + far + (uint32_t)rnd(c, UINT32_MAX - 2 * far);
	g.ack = e->rcv_nxt;
	if (chance(c, 500000)) {	/* or the other number is wrong */
		g.ack += far * 16 + (uint32_t)rnd(c, UINT32_MAX - 32 * far);
		if (g.flags == PF_TH_ACK)
			g.seq = e->nxt;
	} else if (g.flags == PF_TH_ACK)
		g.len = 10;
	g.win = 1000;
	if (c->norm[fw] && e->ts_on && chance(c, 300000)) {
		g.flags = PF_TH_ACK;
		g.seq = e->nxt;
		g.ack = e->rcv_nxt;
		g.ts = true;
		g.val = clock_of(e);
		g.echo = e->recent + far * 16 + (uint32_t)rnd(c, UINT32_MAX - 32 * far);
	}
	p = packet_of(c, &g);
	show(c, "forged", g.from, &g);
	c->forged++;
	if (sim_test(c->fw[fw], PF_IN, g.from == 0 ? 1 : 2, p) == PF_PASS)
		c->wrong = "a forged segment passed";
	if (take_sent(c, fw))
		c->challenged[fw] = c->sim->now / SIM_SECOND;
	c->badstate[fw] = badstates(c->fw[fw]);
	sim_pkt_free(p);
}

static void
flush_states(struct conv *c, int fw)
{
	struct pfioc_state_kill k;
	struct pf_client *cl = pf_client_open(c->fw[fw]->pf, 1, 0);

	assert_non_null(cl);
	memset(&k, 0, sizeof(k));
	assert_int_equal(sim_ioctl(c->fw[fw], cl, DIOCCLRSTATES, &k), 0);
	pf_client_close(cl);
	c->flushed[fw] = c->sim->now;
}

/* The clock of an end begins anew. */
static void
boot(struct conv *c, struct end *e)
{
	e->boot++;
	if (e->may_ts)
		e->clock = (uint32_t)rnd(c, 1ULL << 32);
}

/* What the programs, and fate, do. */
static void
act(struct conv *c)
{
	int who = (int)rnd(c, 2);
	struct end *e = &c->end[who];

	e->now = c->sim->now;
	switch (rnd(c, c->calm ? 16 : 21)) {
	case 0: case 1: case 2: case 3: case 4: case 5:
		note(c, "writes", who);
		end_write(e, 1 + (uint32_t)rnd(c, chance(c, 300000) ? 3000 : 200));
		break;
	case 6: case 7: case 8: case 9: case 10:
		note(c, "reads", who);
		end_read(e);
		break;
	case 11:
		end_keepalive(e, chance(c, 500000));
		break;
	case 12:
		forge(c);
		break;
	case 13:
		if (e->state == T_CLOSED) {
			note(c, "opens", who);
			end_open(e, new_iss(c));
		}
		break;
	case 14: case 15:
		if (chance(c, 400000)) {
			note(c, "closes", who);
			end_close(e);
		}
		break;
	case 16:
		note(c, "aborts", who);
		end_abort(e);
		break;
	case 17: case 18:
		note(c, "crashes", who);
		e->listener = who == 1 && chance(c, 800000);
		boot(c, e);
		end_forget(e);
		if (!e->listener && chance(c, 700000))
			end_open(e, new_iss(c));
		break;
	case 19:
		if (chance(c, 300000)) {
			note(c, "loses its states", who);
			flush_states(c, who % c->nfw);
		}
		break;
	default:
		if (who == 1 && e->state == T_CLOSED)
			e->state = e->listener ? T_LISTEN : T_CLOSED;
		break;
	}
}

/* Both ends write, and the other one gets some of it, and says so. */
static void
carries_data(struct conv *c, uint64_t by)
{
	struct end *a = &c->end[0], *b = &c->end[1];
	uint32_t una[2] = { a->una, b->una };

	if (c->wrong != NULL)
		return;
	a->now = b->now = c->sim->now;
	end_write(a, 10);
	end_write(b, 10);
	while (c->wrong == NULL && c->sim->now < by &&
	    !(lt(una[0] + 5, a->una) && lt(una[1] + 5, b->una))) {
		run_until(c, c->sim->now + SIM_SECOND / 2);
		a->now = b->now = c->sim->now;
		end_read(a);
		end_read(b);
	}
	if (c->wrong == NULL && !(lt(una[0] + 5, a->una) && lt(una[1] + 5, b->una)))
		c->wrong = "the new connection carries no data";
}

/* Whatever has happened: end 0 has forgotten, end 1 has not, or listens at least. */
static void
last_phase(struct conv *c)
{
	struct end *a = &c->end[0], *b = &c->end[1];
	uint64_t by = c->sim->now + 60 * SIM_SECOND;

	note(c, "last phase", 0);
	c->loss = c->dup = 0;
	a->now = b->now = c->sim->now;
	b->listener = true;
	if (b->state == T_SYN_SENT || b->state == T_CLOSED)
		end_forget(b);
	boot(c, a);
	end_forget(a);
	while (c->wrong == NULL && !connected(c) && c->sim->now < by) {
		a->now = b->now = c->sim->now;
		if (a->state == T_CLOSED)
			end_open(a, new_iss(c));
		run_until(c, c->sim->now + SIM_SECOND / 2);
		end_read(b);
		if (at_cross_purposes(c))
			by = c->sim->now + 60 * SIM_SECOND;
	}
	if (c->wrong == NULL && !connected(c))
		c->wrong = "no new connection";
	carries_data(c, by + 60 * SIM_SECOND);
}

static void
end_init(struct conv *c, int who)
{
	struct end *e = &c->end[who];

	memset(e, 0, sizeof(*e));
	e->who = (uint8_t)who;
	e->timer = NEVER;
	e->now = c->sim->now;
	e->buf = 20 + (uint32_t)rnd(c, chance(c, 500000) ? 200 : 3000);
	e->shrinks = chance(c, 100000);
	e->mss = (uint16_t)(1 + rnd(c, chance(c, 200000) ? 10 : 600));
	e->may_scale = chance(c, 600000);
	e->scale = (uint8_t)rnd(c, 6);
	e->state = T_CLOSED;
	if (c->norm[0] || c->norm[1])
		e->may_ts = chance(c, 850000);
	boot(c, e);
}

static void
firewall(struct conv *c, int i)
{
	struct pf_rule r[2] = { unit_rule(PF_DROP), unit_rule(PF_PASS) };

	if (c->modulate[i])
		r[1].keep_state = PF_STATE_MODULATE;
	if (c->norm[i])
		r[1].rule_flag |= PFRULE_REASSEMBLE_TCP;
	c->fw[i] = sim_node_new(c->sim, i == 0 ? "fw0" : "fw1");
	assert_non_null(c->fw[i]);
	assert_int_equal(sim_if_add(c->fw[i], 1, "eth0"), 0);
	assert_int_equal(sim_if_add(c->fw[i], 2, "eth1"), 0);
	assert_int_equal(unit_load(c->fw[i], r, 2), 0);
	assert_int_equal(unit_enable(c->fw[i]), 0);
}

static void
begin(struct conv *c)
{
	c->rng = c->seed;
	c->sim = sim_new(c->seed);
	c->nfw = chance(c, 400000) ? 2 : 1;
	for (int i = 0; i < c->nfw; i++) {
		bool does = c->nfw == 1 || c->seed / 4 % 3 != (uint64_t)i;

		c->modulate[i] = does && (c->seed & 1) != 0;
		c->norm[i] = does && (c->seed & 2) != 0;
		firewall(c, i);
	}
	c->v6 = chance(c, 300000);
	c->calm = chance(c, 400000);
	c->loss = (uint32_t)rnd(c, 3) * 60000;
	c->dup = (uint32_t)rnd(c, 2) * 60000;
	c->jitter = chance(c, 500000) ? 2000 : 150000;
	end_init(c, 0);
	end_init(c, 1);
	c->end[1].listener = chance(c, 850000);
	if (c->end[1].listener)
		c->end[1].state = T_LISTEN;
}

static void
converse(struct conv *c)
{
	unsigned int acts = 5 + (unsigned int)rnd(c, 60);

	conv = c;
	begin(c);
	end_open(&c->end[0], new_iss(c));
	if (!c->end[1].listener && chance(c, 700000))
		end_open(&c->end[1], new_iss(c));	/* at the same time */
	for (unsigned int i = 0; i < acts && c->wrong == NULL; i++) {
		act(c);
		run_until(c, c->sim->now + rnd(c, chance(c, 150000) ?
		    4 * SIM_SECOND : 300000));
	}
	if (c->wrong == NULL)
		last_phase(c);
	while (c->nfl > 0)
		sim_pkt_free(c->fl[--c->nfl].pkt);
	sim_free(c->sim);
}

static uint64_t
env_number(const char *name, uint64_t otherwise)
{
	const char *v = getenv(name);

	return (v != NULL && *v != '\0' ? strtoull(v, NULL, 0) : otherwise);
}

/* Again, to be read. */
static void
fail_loudly(struct conv *c, uint64_t seed)
{
	const char *wrong = c->wrong;

	memset(c, 0, sizeof(*c));
	c->seed = seed;
	c->loud = true;
	converse(c);
	fail_msg("%s: PF_MODEL_SEED=%llu PF_MODEL=1", wrong, (unsigned long long)seed);
}

/* Conversations that have shown what was wrong in pf_tcp.c, pf_tcpnorm.c or model_judge.h. */
static void
known_seeds(void **arg)
{
	static const uint64_t seeds[] = {
		207383,		/* a refused number was forgotten with the first segment of its end */
		310161,		/* a RST moved an end to a refused number of the other one */
		364479,		/* an old segment's clock stayed */
		364802, 375483,	/* the echo of a timestamp that the state has not seen */
		4466, 17706,	/* .. or of one that another state has changed: it tells nothing */
		43217,		/* a challenge acknowledged what had not arrived */
		1002533,	/* a SYN brought back what the other end had left */
		317933, 343454,	/* a lost state, and one of an older SYN */
		324244,		/* at cross purposes */
		88822, 393354,	/* a state replaced, with other timestamps */
	};
	struct conv *c = calloc(1, sizeof(*c));

	(void)arg;
	assert_non_null(c);
	unit_reset();
	for (unsigned int i = 0; i < NITEMS(seeds); i++) {
		memset(c, 0, sizeof(*c));
		c->seed = seeds[i];
		converse(c);
		if (c->wrong != NULL)
			fail_loudly(c, seeds[i]);
	}
	free(c);
}

static void
conversations(void **arg)
{
	uint64_t n = env_number("PF_MODEL", CONVERSATIONS);
	uint64_t first = env_number("PF_MODEL_SEED", FIRST_SEED);
	unsigned long segs = 0, forged = 0, challenges = 0, ex[REASONS] = { 0 };
	struct conv *c = calloc(1, sizeof(*c));

	(void)arg;
	assert_non_null(c);
	unit_reset();
	printf("%llu conversations from seed %llu\n", (unsigned long long)n,
	    (unsigned long long)first);
	for (uint64_t i = 0; i < n; i++) {
		memset(c, 0, sizeof(*c));
		c->seed = first + i;
		converse(c);
		segs += c->segs;
		for (int k = 0; k < REASONS; k++)
			ex[k] += c->excused[k];
		forged += c->forged;
		challenges += c->challenges;
		if (c->wrong != NULL)
			fail_loudly(c, first + i);
	}
	printf("%lu segments, %lu challenges, %lu forged; dropped: %lu answered, "
	    "%lu without effect, %lu old, %lu by rules, %lu and %lu RST, %lu SYN+ACK, %lu overtaken, %lu others\n",
	    segs, challenges, forged, ex[0], ex[1], ex[2], ex[3], ex[4], ex[5], ex[6], ex[7], ex[8]);
	free(c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_seeds),
		cmocka_unit_test(conversations),
	};

	return (cmocka_run_group_tests_name("model", tests, NULL, NULL));
}
