/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * model_judge.h: whether a firewall of test_model.c was right to drop a segment
 *
 * The includer has struct conv, and says in its first comment what is no fault.  Locking: none.
 */
#ifndef _MODEL_JUDGE_H_
#define _MODEL_JUDGE_H_

/* The segment as it is behind the state that it would go through. */
static void
modulated(struct conv *c, int fw, int dir, struct seg *g)
{
	uint16_t port = htons(g->from == 0 ? PORT_A : PORT_B);
	const struct pfsync_state_peer *src, *dst;
	struct pfsync_state *s;
	uint32_t n = unit_states(c->fw[fw], &s);

	for (uint32_t i = 0; i < n; i++) {
		if (s[i].key[PF_SK_WIRE].port[dir == PF_IN ? 0 : 1] != port)
			continue;
		src = s[i].direction == dir ? &s[i].src : &s[i].dst;
		dst = s[i].direction == dir ? &s[i].dst : &s[i].src;
		g->seq += src->seqdiff;
		if ((g->flags & PF_TH_ACK) != 0)
			g->ack -= dst->seqdiff;
		break;
	}
	free(s);
}

/* A segment dropped by a firewall, on its way in or out, as the receiver would have seen it: its
 * timestamp is told by what the receiver knows of the sender's clock. */
static struct seg
as_seen(struct conv *c, int fw, int dir, const struct seg *g)
{
	const struct end *e = &c->end[!g->from];
	struct seg seen = *g;

	for (int i = fw; i >= 0 && i < c->nfw; i += g->from == 0 ? 1 : -1) {
		if (i != fw || dir == PF_IN)
			modulated(c, i, PF_IN, &seen);
		modulated(c, i, PF_OUT, &seen);
	}
	if (g->ts)
		seen.val = e->recent + (e->his_boot == g->boot ?
		    g->orig_val - e->recent_orig : 0);
	return (seen);
}

/* What the receiver would do now with the segment, of which it will never know. */
static bool
harmless(struct conv *c, const struct seg *g)
{
	struct end after = c->end[!g->from];
	const struct end *before = &c->end[!g->from];
	const struct end *sender = &c->end[g->from];

	c->oracle = true;
	c->answers = 0;
	end_arrive(&after, g, 1);
	c->oracle = false;
	if (after.state != before->state || after.una != before->una ||
	    after.rcv_nxt != before->rcv_nxt || after.wnd != before->wnd ||
	    after.life != before->life)
		return (false);
	if (g->len == 0 && (g->flags & (PF_TH_SYN | PF_TH_FIN | PF_TH_RST |
	    PF_TH_ACK)) == PF_TH_ACK && (lt(before->nxt, g->ack) ||
	    lt(g->ack, before->iss)))
		return (true);
	return (c->answers == 0 || g->dup || g->life != sender->life ||
	    (g->len != 0 && le(g->orig + g->len, sender->una)));
}

/* The timestamp that it echoes came through a state that is no more. */
static bool
echo_replaced(const struct conv *c, const struct seg *g)
{
	for (int i = 0; i < c->nfw; i++)
		if (c->norm[i] && g->ts && g->echo_passed[i] < c->made[i])
			return (true);
	return (false);
}

/* What the sender knows of the receiver came through a state that is no more. */
static bool
was_replaced(const struct conv *c, const struct seg *g)
{
	if ((g->flags & PF_TH_ACK) == 0)
		return (false);
	for (int i = 0; i < c->nfw; i++)
		if (c->modulate[i] && g->syn_passed[i] < c->made[i])
			return (true);
	return (echo_replaced(c, g));
}

/* The firewall before this one has another state than when the SYN came through, and changes
 * timestamps by another difference: to this firewall that is another clock. */
static bool
other_clock(const struct conv *c, int fw, const struct seg *g)
{
	int i = g->from == 0 ? fw - 1 : fw + 1;

	return (g->ts && i >= 0 && i < c->nfw && c->norm[i] && c->norm[fw] &&
	    c->end[!g->from].syn_passed[i] < c->made[i]);
}

/*
 * The firewall has lost the state of the segment's connection, whose SYNs have not come through
 * since: its present state is of an older SYN, late or doubled by the network.  Without that SYN
 * there would be no state, and the rules would drop the segment.
 */
static bool
was_lost(const struct conv *c, int fw, const struct seg *g)
{
	uint16_t last = c->last_life[fw][g->from];

	return ((last < g->life || (last == g->life &&
	    c->last_syn[fw][g->from] < c->flushed[fw])) &&
	    c->last_syn[fw][!g->from] < c->flushed[fw]);
}

/* Both ends are in SYN-RECEIVED, of SYNs that their senders have forgotten. */
static bool
at_cross_purposes(const struct conv *c)
{
	const struct end *a = &c->end[0], *b = &c->end[1];

	return (a->state == T_SYN_RCVD && b->state == T_SYN_RCVD &&
	    a->his_iss != b->iss && b->his_iss != a->iss);
}

static void
judge_drop(struct conv *c, int fw, int dir, const struct seg *was, bool answered,
    const struct seg *g)
{
	struct seg seen = as_seen(c, fw, dir, g);
	uint64_t bad = badstates(c->fw[fw]), second = c->sim->now / SIM_SECOND;
	bool misfit = bad != c->badstate[fw];

	c->badstate[fw] = bad;
	show(c, answered ? "challng" : "dropped", fw, g);
	if (answered)
		c->challenged[fw] = second;
	if (!misfit && (g->flags & (PF_TH_SYN | PF_TH_ACK)) != PF_TH_SYN)
		c->excused[3]++;
	else if (c->challenged[fw] == second &&
	    (g->flags & (PF_TH_SYN | PF_TH_RST)) != 0)
		c->excused[0]++;
	else if (misfit && harmless(c, &seen))
		c->excused[c->answers == 0 ? 1 : 2]++;
	else if (misfit && g->ts && g->boot == c->echoed_boot[fw][g->from] &&
	    lt(g->orig_val, c->echoed[fw][g->from]))
		c->excused[7]++;
	else if (misfit && (was_replaced(c, g) || other_clock(c, fw, g) || (g->to_pf && g->len == 0 &&
	    g->flags == PF_TH_ACK)))
		c->excused[8]++;
	else if (misfit && was_lost(c, fw, g))
		c->excused[3]++;
	else if (g->life < c->syn_life[fw][g->from])
		c->excused[2]++;
	else if ((g->flags & PF_TH_RST) != 0 && c->rst[fw][g->from] == was->seq)
		c->excused[4]++;
	else if ((g->flags & PF_TH_RST) != 0 && g->cause[fw] < c->syn[fw])
		c->excused[5]++;
	else if ((g->flags & (PF_TH_SYN | PF_TH_ACK)) ==
	    (PF_TH_SYN | PF_TH_ACK) && g->cause[fw] < c->rst_at[fw])
		c->excused[6]++;
	else
		c->wrong = "a legal segment was dropped";
}

#endif /* _MODEL_JUDGE_H_ */
