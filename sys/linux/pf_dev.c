// SPDX-License-Identifier: ISC
/*
 * Copyright (c) 2026 The pf for Linux authors
 *
 * pf_dev.c: /dev/pf
 *
 * An open descriptor speaks to the instance of the network namespace that opened it,
 * whoever uses it later.  It holds a reference to that namespace, so the
 * namespace, and the instance, stay until the last descriptor is closed;
 * and one to the module.  Whoever opens it needs CAP_NET_ADMIN in that namespace,
 * and write permission on the descriptor to change anything.
 *
 * Locking: none; the core serializes.  No lock is held where pf_event_flush() waits.
 */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>

#include "pf_linux.h"

struct pf_file {
	struct net		*net;
	netns_tracker		 tracker;
	struct pf_netns		*ns;
	struct pf_client	*client;
};

static int
pfdev_open(struct inode *inode, struct file *file)
{
	struct net	*net = current->nsproxy->net_ns;
	struct pf_netns	*ns;
	struct pf_file	*f;
	int		 err;

	if (!ns_capable(net->user_ns, CAP_NET_ADMIN))
		return (-EPERM);
	f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (f == NULL)
		return (-ENOMEM);
	f->net = get_net_track(net, &f->tracker, GFP_KERNEL);
	ns = pf_net_get(net);
	err = PTR_ERR_OR_ZERO(ns);
	if (err != 0)
		goto fail;
	f->ns = ns;
	pf_event_look(ns);
	f->client = pf_client_open(ns->pf, task_tgid_nr(current),
	    from_kuid_munged(net->user_ns, current_uid()));
	if (f->client == NULL) {
		err = -ENOMEM;
		goto fail;
	}
	file->private_data = f;
	return (nonseekable_open(inode, file));

fail:
	put_net_track(f->net, &f->tracker);
	kfree(f);
	return (err);
}

static int
pfdev_release(struct inode *inode, struct file *file)
{
	struct pf_file	*f = file->private_data;

	pf_client_close(f->client);
	put_net_track(f->net, &f->tracker);
	kfree(f);
	return (0);
}

/*
 * The command says how large its argument is and which way it goes.  The way
 * back is tried before anything is done: an address that cannot be written to
 * fails the request while it has no effect yet.  The core is first told of all that was
 * done to devices and addresses before.
 */
static long
pfdev_ioctl(struct file *file, unsigned int cmd, unsigned long uarg)
{
	struct pf_file	*f = file->private_data;
	void __user	*up = (void __user *)uarg;
	size_t		 size = _IOC_SIZE(cmd);
	bool		 in = (_IOC_DIR(cmd) & _IOC_WRITE) != 0;
	bool		 out = (_IOC_DIR(cmd) & _IOC_READ) != 0;
	bool		 answers = out && pf_ioctl_answers(cmd);
	void		*arg = NULL;
	int		 err = -EFAULT;

	if (size > PF_IOCTL_ARG_MAX || (size != 0) != (in || out))
		return (-ENOTTY);
	if (size != 0) {
		arg = kmalloc(size, in ? GFP_KERNEL_ACCOUNT :
		    GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (arg == NULL)
			return (-ENOMEM);
		if (in && copy_from_user(arg, up, size) != 0)
			goto done;
		if (answers && copy_to_user(up, arg, size) != 0)
			goto done;
	}
	pf_event_flush(f->ns);
	err = -pf_ioctl(f->client, cmd, arg, (file->f_mode & FMODE_WRITE) != 0);
	if (err == 0 && answers && copy_to_user(up, arg, size) != 0)
		err = -EFAULT;
done:
	kfree(arg);
	return (err);
}

static const struct file_operations pfdev_fops = {
	.owner = THIS_MODULE,
	.open = pfdev_open,
	.release = pfdev_release,
	.unlocked_ioctl = pfdev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,	/* one layout for all programs */
};

static struct miscdevice pfdev_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pf",
	.fops = &pfdev_fops,
	.mode = 0600,
};

int
pf_dev_init(void)
{
	return (misc_register(&pfdev_misc));
}

void
pf_dev_fini(void)
{
	misc_deregister(&pfdev_misc);
}
