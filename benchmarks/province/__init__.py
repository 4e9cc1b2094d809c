"""The history of a synthetic province at national size: enterprises, people, certificates, appointments, notices.

It is made up, from a fixed seed; nobody in it exists. `../load.py` puts it into the four services' databases.

    tree        the divisions that registry ships, and how enterprises are spread over them
    days        the days of the history
    words       names
    books       the rows that wait to be copied, and the events: outbox, feed, cursors, counts
    readers     what each service makes of the others' events, as its handlers would
    notices     what notifications makes of the events that must be announced
    classes     training's plans and classes
    careers     a person: registered, nominated, trained
    certificates  what becomes of a certificate, and the talent pool
    firms       an enterprise with its people, its post and its appointments
    databases   the private server, the four databases, and the copying
"""
