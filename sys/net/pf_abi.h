/* SPDX-License-Identifier: ISC */
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_abi.h: sizes, offsets and numbers of pfvar.h, held to a table
 *
 * What it owns.  Nothing: it is a table of assertions.
 * Locking.  None.
 * Place.  Below the first floor.
 *
 * A pfctl that was built on one system talks to a module that was built for
 * another kernel, so the layouts and numbers of pfvar.h must be the same
 * everywhere, and must never change.  A module or a program that includes this
 * file does not compile if a structure of pfvar.h has another layout, or an
 * ioctl another number, than this table says.  A change of this table breaks
 * every pfctl that has been built before.
 */
#ifndef _NET_PF_ABI_H_
#define _NET_PF_ABI_H_

#include "pfvar.h"

#define PF_ABI_SIZE(s, n)	_Static_assert(sizeof(struct s) == (n), #s)
#define PF_ABI(s, m, n)							\
	_Static_assert(__builtin_offsetof(struct s, m) == (n), #s "." #m)
#define PF_ABI_IOCTL(c, n)	_Static_assert((c) == (n), #c)

PF_ABI_SIZE(pf_addr, 16);

PF_ABI_SIZE(pf_addr_wrap, 40);
PF_ABI(pf_addr_wrap, v, 0);
PF_ABI(pf_addr_wrap, cnt, 32);
PF_ABI(pf_addr_wrap, type, 36);
PF_ABI(pf_addr_wrap, iflags, 37);
PF_ABI(pf_addr_wrap, net, 38);
PF_ABI(pf_addr_wrap, pad, 39);

PF_ABI_SIZE(pf_rule_addr, 48);
PF_ABI(pf_rule_addr, addr, 0);
PF_ABI(pf_rule_addr, port, 40);
PF_ABI(pf_rule_addr, neg, 44);
PF_ABI(pf_rule_addr, port_op, 45);
PF_ABI(pf_rule_addr, pad, 46);

PF_ABI_SIZE(pf_pool, 24);
PF_ABI(pf_pool, key, 0);
PF_ABI(pf_pool, proxy_port, 16);
PF_ABI(pf_pool, port_op, 20);
PF_ABI(pf_pool, opts, 21);
PF_ABI(pf_pool, pad, 22);

PF_ABI_SIZE(pf_pooladdr, 64);
PF_ABI(pf_pooladdr, addr, 0);
PF_ABI(pf_pooladdr, ifname, 40);
PF_ABI(pf_pooladdr, weight, 56);
PF_ABI(pf_pooladdr, pad, 58);

PF_ABI_SIZE(pf_rule_id, 12);
PF_ABI(pf_rule_id, id, 0);
PF_ABI(pf_rule_id, op, 8);
PF_ABI(pf_rule_id, pad, 9);

PF_ABI_SIZE(pf_threshold, 8);
PF_ABI(pf_threshold, limit, 0);
PF_ABI(pf_threshold, seconds, 4);

PF_ABI_SIZE(pf_rule, 1152);
PF_ABI(pf_rule, src, 0);
PF_ABI(pf_rule, dst, 48);
PF_ABI(pf_rule, pool, 96);
PF_ABI(pf_rule, ifname, 168);
PF_ABI(pf_rule, rcv_ifname, 184);
PF_ABI(pf_rule, logif, 200);
PF_ABI(pf_rule, label, 216);
PF_ABI(pf_rule, qname, 280);
PF_ABI(pf_rule, pqname, 344);
PF_ABI(pf_rule, tagname, 408);
PF_ABI(pf_rule, match_tagname, 472);
PF_ABI(pf_rule, overload_tblname, 536);
PF_ABI(pf_rule, evaluations, 568);
PF_ABI(pf_rule, packets, 576);
PF_ABI(pf_rule, bytes, 592);
PF_ABI(pf_rule, states_tot, 608);
PF_ABI(pf_rule, states_cur, 616);
PF_ABI(pf_rule, src_nodes, 620);
PF_ABI(pf_rule, nr, 624);
PF_ABI(pf_rule, skip, 628);
PF_ABI(pf_rule, expired, 660);
PF_ABI(pf_rule, qid, 664);
PF_ABI(pf_rule, pqid, 668);
PF_ABI(pf_rule, rule_flag, 672);
PF_ABI(pf_rule, timeout, 676);
PF_ABI(pf_rule, max_states, 756);
PF_ABI(pf_rule, max_src_nodes, 760);
PF_ABI(pf_rule, max_src_states, 764);
PF_ABI(pf_rule, max_src_conn, 768);
PF_ABI(pf_rule, max_src_conn_rate, 772);
PF_ABI(pf_rule, pktrate, 780);
PF_ABI(pf_rule, prob, 788);
PF_ABI(pf_rule, os_fingerprint, 792);
PF_ABI(pf_rule, rtableid, 796);
PF_ABI(pf_rule, cuid, 800);
PF_ABI(pf_rule, cpid, 804);
PF_ABI(pf_rule, ridentifier, 808);
PF_ABI(pf_rule, uid, 812);
PF_ABI(pf_rule, gid, 824);
PF_ABI(pf_rule, pad0, 836);
PF_ABI(pf_rule, divert_addr, 840);
PF_ABI(pf_rule, divert_port, 856);
PF_ABI(pf_rule, return_icmp, 858);
PF_ABI(pf_rule, return_icmp6, 860);
PF_ABI(pf_rule, max_mss, 862);
PF_ABI(pf_rule, return_ttl, 864);
PF_ABI(pf_rule, action, 865);
PF_ABI(pf_rule, direction, 866);
PF_ABI(pf_rule, log, 867);
PF_ABI(pf_rule, quick, 868);
PF_ABI(pf_rule, ifnot, 869);
PF_ABI(pf_rule, rcvifnot, 870);
PF_ABI(pf_rule, match_tag_not, 871);
PF_ABI(pf_rule, natpass, 872);
PF_ABI(pf_rule, keep_state, 873);
PF_ABI(pf_rule, af, 874);
PF_ABI(pf_rule, proto, 875);
PF_ABI(pf_rule, type, 876);
PF_ABI(pf_rule, code, 877);
PF_ABI(pf_rule, flags, 878);
PF_ABI(pf_rule, flagset, 879);
PF_ABI(pf_rule, min_ttl, 880);
PF_ABI(pf_rule, allow_opts, 881);
PF_ABI(pf_rule, rt, 882);
PF_ABI(pf_rule, tos, 883);
PF_ABI(pf_rule, set_tos, 884);
PF_ABI(pf_rule, set_prio, 885);
PF_ABI(pf_rule, prio, 887);
PF_ABI(pf_rule, flush, 888);
PF_ABI(pf_rule, naf, 889);
PF_ABI(pf_rule, divert_type, 890);
PF_ABI(pf_rule, pool_used, 891);
PF_ABI(pf_rule, anchor_wildcard, 892);
PF_ABI(pf_rule, anchor_relative, 893);
PF_ABI(pf_rule, pad, 894);
PF_ABI(pf_rule, more_label, 896);

PF_ABI_SIZE(pfioc_rule, 3216);
PF_ABI(pfioc_rule, action, 0);
PF_ABI(pfioc_rule, ticket, 4);
PF_ABI(pfioc_rule, nr, 8);
PF_ABI(pfioc_rule, ruleset, 12);
PF_ABI(pfioc_rule, anchor, 16);
PF_ABI(pfioc_rule, anchor_call, 1040);
PF_ABI(pfioc_rule, rule, 2064);

PF_ABI_SIZE(pfioc_pooladdr, 1112);
PF_ABI(pfioc_pooladdr, ticket, 0);
PF_ABI(pfioc_pooladdr, nr, 4);
PF_ABI(pfioc_pooladdr, r_num, 8);
PF_ABI(pfioc_pooladdr, ruleset, 12);
PF_ABI(pfioc_pooladdr, which, 16);
PF_ABI(pfioc_pooladdr, pad, 20);
PF_ABI(pfioc_pooladdr, anchor, 24);
PF_ABI(pfioc_pooladdr, addr, 1048);

PF_ABI_SIZE(pfioc_ruleset, 1096);
PF_ABI(pfioc_ruleset, nr, 0);
PF_ABI(pfioc_ruleset, path, 4);
PF_ABI(pfioc_ruleset, name, 1028);
PF_ABI(pfioc_ruleset, pad, 1092);

PF_ABI_SIZE(pfioc_trans_e, 1032);
PF_ABI(pfioc_trans_e, type, 0);
PF_ABI(pfioc_trans_e, ticket, 4);
PF_ABI(pfioc_trans_e, anchor, 8);

PF_ABI_SIZE(pfioc_trans, 16);
PF_ABI(pfioc_trans, size, 0);
PF_ABI(pfioc_trans, esize, 4);
PF_ABI(pfioc_trans, array, 8);

PF_ABI_SIZE(pf_status, 416);
PF_ABI(pf_status, counters, 0);
PF_ABI(pf_status, lcounters, 136);
PF_ABI(pf_status, fcounters, 200);
PF_ABI(pf_status, scounters, 224);
PF_ABI(pf_status, pcounters, 248);
PF_ABI(pf_status, bcounters, 312);
PF_ABI(pf_status, stateid, 344);
PF_ABI(pf_status, since, 352);
PF_ABI(pf_status, states, 360);
PF_ABI(pf_status, src_nodes, 364);
PF_ABI(pf_status, running, 368);
PF_ABI(pf_status, debug, 372);
PF_ABI(pf_status, hostid, 376);
PF_ABI(pf_status, fragments, 380);
PF_ABI(pf_status, ifname, 384);
PF_ABI(pf_status, pf_chksum, 400);

PF_ABI_SIZE(pfioc_limit, 8);
PF_ABI(pfioc_limit, index, 0);
PF_ABI(pfioc_limit, limit, 4);

PF_ABI_SIZE(pfsync_state_key, 40);
PF_ABI(pfsync_state_key, addr, 0);
PF_ABI(pfsync_state_key, port, 32);
PF_ABI(pfsync_state_key, af, 36);
PF_ABI(pfsync_state_key, proto, 37);
PF_ABI(pfsync_state_key, pad, 38);

PF_ABI_SIZE(pfsync_state_peer, 24);
PF_ABI(pfsync_state_peer, seqlo, 0);
PF_ABI(pfsync_state_peer, seqhi, 4);
PF_ABI(pfsync_state_peer, seqdiff, 8);
PF_ABI(pfsync_state_peer, max_win, 12);
PF_ABI(pfsync_state_peer, mss, 14);
PF_ABI(pfsync_state_peer, state, 16);
PF_ABI(pfsync_state_peer, wscale, 17);
PF_ABI(pfsync_state_peer, pad, 18);

PF_ABI_SIZE(pfsync_state, 264);
PF_ABI(pfsync_state, id, 0);
PF_ABI(pfsync_state, packets, 8);
PF_ABI(pfsync_state, bytes, 24);
PF_ABI(pfsync_state, key, 40);
PF_ABI(pfsync_state, src, 120);
PF_ABI(pfsync_state, dst, 144);
PF_ABI(pfsync_state, rt_addr, 168);
PF_ABI(pfsync_state, ifname, 184);
PF_ABI(pfsync_state, orig_ifname, 200);
PF_ABI(pfsync_state, rt_ifname, 216);
PF_ABI(pfsync_state, creatorid, 232);
PF_ABI(pfsync_state, creation, 236);
PF_ABI(pfsync_state, expire, 240);
PF_ABI(pfsync_state, rule, 244);
PF_ABI(pfsync_state, anchor, 248);
PF_ABI(pfsync_state, nat_rule, 252);
PF_ABI(pfsync_state, state_flags, 256);
PF_ABI(pfsync_state, direction, 258);
PF_ABI(pfsync_state, log, 259);
PF_ABI(pfsync_state, timeout, 260);
PF_ABI(pfsync_state, sync_flags, 261);
PF_ABI(pfsync_state, rt, 262);
PF_ABI(pfsync_state, pad, 263);

PF_ABI_SIZE(pfioc_state, 264);
PF_ABI(pfioc_state, state, 0);

PF_ABI_SIZE(pfioc_states, 16);
PF_ABI(pfioc_states, len, 0);
PF_ABI(pfioc_states, buf, 8);

PF_ABI_SIZE(pfioc_natlook, 80);
PF_ABI(pfioc_natlook, saddr, 0);
PF_ABI(pfioc_natlook, daddr, 16);
PF_ABI(pfioc_natlook, rsaddr, 32);
PF_ABI(pfioc_natlook, rdaddr, 48);
PF_ABI(pfioc_natlook, sport, 64);
PF_ABI(pfioc_natlook, dport, 66);
PF_ABI(pfioc_natlook, rsport, 68);
PF_ABI(pfioc_natlook, rdport, 70);
PF_ABI(pfioc_natlook, af, 72);
PF_ABI(pfioc_natlook, proto, 73);
PF_ABI(pfioc_natlook, direction, 74);
PF_ABI(pfioc_natlook, pad, 75);

PF_ABI_SIZE(pfioc_state_kill, 200);
PF_ABI(pfioc_state_kill, id, 0);
PF_ABI(pfioc_state_kill, src, 8);
PF_ABI(pfioc_state_kill, dst, 56);
PF_ABI(pfioc_state_kill, ifname, 104);
PF_ABI(pfioc_state_kill, label, 120);
PF_ABI(pfioc_state_kill, creatorid, 184);
PF_ABI(pfioc_state_kill, killed, 188);
PF_ABI(pfioc_state_kill, af, 192);
PF_ABI(pfioc_state_kill, proto, 193);
PF_ABI(pfioc_state_kill, by, 194);
PF_ABI(pfioc_state_kill, direction, 195);
PF_ABI(pfioc_state_kill, pad, 196);

PF_ABI_SIZE(pf_src_node, 96);
PF_ABI(pf_src_node, packets, 0);
PF_ABI(pf_src_node, bytes, 16);
PF_ABI(pf_src_node, addr, 32);
PF_ABI(pf_src_node, raddr, 48);
PF_ABI(pf_src_node, rule, 64);
PF_ABI(pf_src_node, creation, 68);
PF_ABI(pf_src_node, expire, 72);
PF_ABI(pf_src_node, states, 76);
PF_ABI(pf_src_node, conn, 80);
PF_ABI(pf_src_node, conn_rate, 84);
PF_ABI(pf_src_node, conn_seconds, 88);
PF_ABI(pf_src_node, af, 92);
PF_ABI(pf_src_node, type, 93);
PF_ABI(pf_src_node, pad, 94);

PF_ABI_SIZE(pfioc_src_nodes, 16);
PF_ABI(pfioc_src_nodes, len, 0);
PF_ABI(pfioc_src_nodes, buf, 8);

PF_ABI_SIZE(pfioc_src_node_kill, 104);
PF_ABI(pfioc_src_node_kill, src, 0);
PF_ABI(pfioc_src_node_kill, dst, 48);
PF_ABI(pfioc_src_node_kill, killed, 96);
PF_ABI(pfioc_src_node_kill, af, 100);
PF_ABI(pfioc_src_node_kill, pad, 101);

PF_ABI_SIZE(pfi_kif, 176);
PF_ABI(pfi_kif, name, 0);
PF_ABI(pfi_kif, packets, 16);
PF_ABI(pfi_kif, bytes, 80);
PF_ABI(pfi_kif, tzero, 144);
PF_ABI(pfi_kif, flags, 152);
PF_ABI(pfi_kif, rules, 156);
PF_ABI(pfi_kif, states, 160);
PF_ABI(pfi_kif, is_group, 164);
PF_ABI(pfi_kif, present, 168);
PF_ABI(pfi_kif, pad, 172);

PF_ABI_SIZE(pfioc_iface, 40);
PF_ABI(pfioc_iface, name, 0);
PF_ABI(pfioc_iface, buffer, 16);
PF_ABI(pfioc_iface, size, 24);
PF_ABI(pfioc_iface, esize, 28);
PF_ABI(pfioc_iface, flags, 32);
PF_ABI(pfioc_iface, pad, 36);

PF_ABI_SIZE(pfr_table, 1064);
PF_ABI(pfr_table, pfrt_anchor, 0);
PF_ABI(pfr_table, pfrt_name, 1024);
PF_ABI(pfr_table, pfrt_flags, 1056);
PF_ABI(pfr_table, pfrt_fback, 1060);
PF_ABI(pfr_table, pad, 1061);

PF_ABI_SIZE(pfr_addr, 24);
PF_ABI(pfr_addr, pfra_addr, 0);
PF_ABI(pfr_addr, pfra_af, 16);
PF_ABI(pfr_addr, pfra_net, 17);
PF_ABI(pfr_addr, pfra_not, 18);
PF_ABI(pfr_addr, pfra_fback, 19);
PF_ABI(pfr_addr, pad, 20);

PF_ABI_SIZE(pfr_astats, 96);
PF_ABI(pfr_astats, pfras_a, 0);
PF_ABI(pfr_astats, pfras_packets, 24);
PF_ABI(pfr_astats, pfras_bytes, 56);
PF_ABI(pfr_astats, pfras_tzero, 88);

PF_ABI_SIZE(pfr_tstats, 1200);
PF_ABI(pfr_tstats, pfrts_t, 0);
PF_ABI(pfr_tstats, pfrts_packets, 1064);
PF_ABI(pfr_tstats, pfrts_bytes, 1112);
PF_ABI(pfr_tstats, pfrts_match, 1160);
PF_ABI(pfr_tstats, pfrts_nomatch, 1168);
PF_ABI(pfr_tstats, pfrts_tzero, 1176);
PF_ABI(pfr_tstats, pfrts_cnt, 1184);
PF_ABI(pfr_tstats, pfrts_refcnt, 1188);
PF_ABI(pfr_tstats, pad, 1196);

PF_ABI_SIZE(pfioc_table, 1112);
PF_ABI(pfioc_table, table, 0);
PF_ABI(pfioc_table, buffer, 1064);
PF_ABI(pfioc_table, esize, 1072);
PF_ABI(pfioc_table, size, 1076);
PF_ABI(pfioc_table, size2, 1080);
PF_ABI(pfioc_table, nadd, 1084);
PF_ABI(pfioc_table, ndel, 1088);
PF_ABI(pfioc_table, nchange, 1092);
PF_ABI(pfioc_table, flags, 1096);
PF_ABI(pfioc_table, ticket, 1100);
PF_ABI(pfioc_table, setflag, 1104);
PF_ABI(pfioc_table, clrflag, 1108);

PF_ABI_SIZE(pf_service_curve, 24);
PF_ABI(pf_service_curve, m1, 0);
PF_ABI(pf_service_curve, m2, 8);
PF_ABI(pf_service_curve, d, 16);
PF_ABI(pf_service_curve, pad, 20);

PF_ABI_SIZE(pf_altq, 256);
PF_ABI(pf_altq, ifname, 0);
PF_ABI(pf_altq, qname, 16);
PF_ABI(pf_altq, parent, 80);
PF_ABI(pf_altq, ifbandwidth, 144);
PF_ABI(pf_altq, bandwidth, 152);
PF_ABI(pf_altq, realtime, 160);
PF_ABI(pf_altq, linkshare, 184);
PF_ABI(pf_altq, upperlimit, 208);
PF_ABI(pf_altq, qid, 232);
PF_ABI(pf_altq, parent_qid, 236);
PF_ABI(pf_altq, qlimit, 240);
PF_ABI(pf_altq, tbrsize, 244);
PF_ABI(pf_altq, flags, 248);
PF_ABI(pf_altq, scheduler, 252);
PF_ABI(pf_altq, priority, 253);
PF_ABI(pf_altq, pad, 254);

PF_ABI_SIZE(pfioc_altq, 272);
PF_ABI(pfioc_altq, action, 0);
PF_ABI(pfioc_altq, ticket, 4);
PF_ABI(pfioc_altq, nr, 8);
PF_ABI(pfioc_altq, pad, 12);
PF_ABI(pfioc_altq, altq, 16);

PF_ABI_SIZE(pf_osfp_ioctl, 128);
PF_ABI(pf_osfp_ioctl, tcpopts, 0);
PF_ABI(pf_osfp_ioctl, os, 8);
PF_ABI(pf_osfp_ioctl, getnum, 12);
PF_ABI(pf_osfp_ioctl, wsize, 16);
PF_ABI(pf_osfp_ioctl, psize, 18);
PF_ABI(pf_osfp_ioctl, mss, 20);
PF_ABI(pf_osfp_ioctl, flags, 22);
PF_ABI(pf_osfp_ioctl, optcnt, 24);
PF_ABI(pf_osfp_ioctl, wscale, 25);
PF_ABI(pf_osfp_ioctl, ttl, 26);
PF_ABI(pf_osfp_ioctl, pad, 27);
PF_ABI(pf_osfp_ioctl, class_nm, 28);
PF_ABI(pf_osfp_ioctl, version_nm, 60);
PF_ABI(pf_osfp_ioctl, subtype_nm, 92);
PF_ABI(pf_osfp_ioctl, pad2, 124);

PF_ABI_IOCTL(DIOCSTART, 0x4401);
PF_ABI_IOCTL(DIOCSTOP, 0x4402);
PF_ABI_IOCTL(DIOCADDRULE, 0xcc904404);
PF_ABI_IOCTL(DIOCGETRULES, 0xcc904406);
PF_ABI_IOCTL(DIOCGETRULE, 0xcc904407);
PF_ABI_IOCTL(DIOCCLRSTATES, 0xc0c84412);
PF_ABI_IOCTL(DIOCGETSTATE, 0xc1084413);
PF_ABI_IOCTL(DIOCSETSTATUSIF, 0xc0104414);
PF_ABI_IOCTL(DIOCGETSTATUS, 0x81a04415);
PF_ABI_IOCTL(DIOCCLRSTATUS, 0x4416);
PF_ABI_IOCTL(DIOCNATLOOK, 0xc0504417);
PF_ABI_IOCTL(DIOCSETDEBUG, 0xc0084418);
PF_ABI_IOCTL(DIOCGETSTATES, 0xc0104419);
PF_ABI_IOCTL(DIOCCHANGERULE, 0xcc90441a);
PF_ABI_IOCTL(DIOCSETTIMEOUT, 0xc008441d);
PF_ABI_IOCTL(DIOCGETTIMEOUT, 0xc008441e);
PF_ABI_IOCTL(DIOCCLRRULECTRS, 0x4426);
PF_ABI_IOCTL(DIOCGETLIMIT, 0xc0084427);
PF_ABI_IOCTL(DIOCSETLIMIT, 0xc0084428);
PF_ABI_IOCTL(DIOCKILLSTATES, 0xc0c84429);
PF_ABI_IOCTL(DIOCSTARTALTQ, 0x442a);
PF_ABI_IOCTL(DIOCSTOPALTQ, 0x442b);
PF_ABI_IOCTL(DIOCADDALTQ, 0xc110442d);
PF_ABI_IOCTL(DIOCGETALTQS, 0xc110442f);
PF_ABI_IOCTL(DIOCGETALTQ, 0xc1104430);
PF_ABI_IOCTL(DIOCBEGINADDRS, 0xc4584433);
PF_ABI_IOCTL(DIOCADDADDR, 0xc4584434);
PF_ABI_IOCTL(DIOCGETADDRS, 0xc4584435);
PF_ABI_IOCTL(DIOCGETADDR, 0xc4584436);
PF_ABI_IOCTL(DIOCGETRULESETS, 0xc448443a);
PF_ABI_IOCTL(DIOCGETRULESET, 0xc448443b);
PF_ABI_IOCTL(DIOCRCLRTABLES, 0xc458443c);
PF_ABI_IOCTL(DIOCRADDTABLES, 0xc458443d);
PF_ABI_IOCTL(DIOCRDELTABLES, 0xc458443e);
PF_ABI_IOCTL(DIOCRGETTABLES, 0xc458443f);
PF_ABI_IOCTL(DIOCRGETTSTATS, 0xc4584440);
PF_ABI_IOCTL(DIOCRCLRTSTATS, 0xc4584441);
PF_ABI_IOCTL(DIOCRCLRADDRS, 0xc4584442);
PF_ABI_IOCTL(DIOCRADDADDRS, 0xc4584443);
PF_ABI_IOCTL(DIOCRDELADDRS, 0xc4584444);
PF_ABI_IOCTL(DIOCRSETADDRS, 0xc4584445);
PF_ABI_IOCTL(DIOCRGETADDRS, 0xc4584446);
PF_ABI_IOCTL(DIOCRGETASTATS, 0xc4584447);
PF_ABI_IOCTL(DIOCRCLRASTATS, 0xc4584448);
PF_ABI_IOCTL(DIOCRTSTADDRS, 0xc4584449);
PF_ABI_IOCTL(DIOCRSETTFLAGS, 0xc458444a);
PF_ABI_IOCTL(DIOCRINADEFINE, 0xc458444d);
PF_ABI_IOCTL(DIOCOSFPFLUSH, 0x444e);
PF_ABI_IOCTL(DIOCOSFPADD, 0xc080444f);
PF_ABI_IOCTL(DIOCOSFPGET, 0xc0804450);
PF_ABI_IOCTL(DIOCXBEGIN, 0xc0104451);
PF_ABI_IOCTL(DIOCXCOMMIT, 0xc0104452);
PF_ABI_IOCTL(DIOCXROLLBACK, 0xc0104453);
PF_ABI_IOCTL(DIOCGETSRCNODES, 0xc0104454);
PF_ABI_IOCTL(DIOCCLRSRCNODES, 0x4455);
PF_ABI_IOCTL(DIOCSETHOSTID, 0xc0084456);
PF_ABI_IOCTL(DIOCIGETIFACES, 0xc0284457);
PF_ABI_IOCTL(DIOCSETIFFLAG, 0xc0284459);
PF_ABI_IOCTL(DIOCCLRIFFLAG, 0xc028445a);
PF_ABI_IOCTL(DIOCKILLSRCNODES, 0xc068445b);
PF_ABI_IOCTL(DIOCSETREASS, 0xc008445c);
PF_ABI_IOCTL(DIOCKEEPCOUNTERS, 0xc008445d);

#endif /* _NET_PF_ABI_H_ */
